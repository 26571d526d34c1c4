"""The second implementation of signed links, by the rules of docs/links.md alone: it shares no code with the package.

Python 3 and its standard library. It signs the vectors and checks that each has the verdict it claims.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

LARGEST_NUMBER = 2**53 - 1
NUMBER = re.compile(r'(?:0|[1-9][0-9]{0,15})')
NAME = re.compile(r'[a-z][a-z0-9]{0,7}')
SIG = re.compile(r'[0-9a-f]{64}')
SEVERAL_TRACKS = '*'
LONGEST_TERMS = 512
SIGNER_AHEAD = 60


def secret_bytes(secret):
    """A secret is text, of which the UTF-8 counts, or bytes in hexadecimal digits."""
    return bytes.fromhex(secret['secretHex']) if 'secretHex' in secret else secret['secret'].encode()


def join_terms(pairs):
    return '.'.join(f'{name}.{value}' for name, value in sorted(pairs, key=lambda pair: pair[0]))


def opens_several(pairs):
    return any(name in ('id', 'pre', 'in') for name, _ in pairs)


def text_to_sign(track, expires, pairs):
    if not pairs:
        return f'{track}|{expires}'
    subject = SEVERAL_TRACKS if opens_several(pairs) else track
    return f'{subject}|{expires}|{join_terms(pairs)}'


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def encode(text):
    return quote(text, safe='')


def link(base, track, expires, terms, sig):
    middle = f'&terms={encode(terms)}' if terms else ''
    return f'{base}/{encode(track)}?expires={expires}{middle}&sig={sig}'


# Verifying


class Refused(Exception):
    """The argument is the code."""


def is_id(text):
    return 1 <= len(text) <= 512 and all(is_id_character(each) for each in text)


def is_id_character(character):
    # Letters in circles and squares are symbols by category, and alphabetic all the same.
    is_enclosed = '\u24b6' <= character <= '\u24e9' or '\U0001f130' <= character <= '\U0001f189'
    return character in '_-' or is_enclosed or unicodedata.category(character)[0] in 'LMN'


def number(text, largest=LARGEST_NUMBER):
    return int(text) if NUMBER.fullmatch(text) and int(text) <= largest else None


def file_name(value):
    try:
        name = base64.b64decode(value + '=' * (-len(value) % 4), b'-_', validate=True)
        text = name.decode()
    except ValueError:
        return None
    is_canonical = base64.urlsafe_b64encode(name).rstrip(b'=').decode() == value
    is_clean = not any(each in '/\\' or unicodedata.category(each) == 'Cc' for each in text)
    return text if is_canonical and is_clean and len(name) <= 200 else None


def in_pattern(pattern):
    return lambda value: value if re.fullmatch(pattern, value, re.ASCII) else None


def subject(value):
    return value if is_id(value) and len(value) <= 64 else None


def beginning(value):
    return value if is_id(value) and len(value) >= 2 and value[-1] in '-_' else None


TERMS = {
    'as': file_name,
    'iat': number,
    'id': lambda value: value if is_id(value) else None,
    'in': subject,
    'ip4': in_pattern('[0-9a-f]{6}|[0-9a-f]{8}'),
    'ip6': in_pattern('[0-9a-f]{12}|[0-9a-f]{14}|[0-9a-f]{16}'),
    'jti': in_pattern('[A-Za-z0-9_-]{1,32}'),
    'kid': in_pattern('[a-z0-9]{1,16}'),
    'nbf': number,
    'pre': beginning,
    'ses': lambda value: number(value, 86400),
    'streams': lambda value: number(value, 99) or None,
    'sub': subject,
    'uses': lambda value: number(value, 9999) or None,
}


def read_terms(text):
    """Returns the values by name, several for `id`, and the first unknown name."""
    parts = text.split('.')
    if len(text) > LONGEST_TERMS or len(parts) % 2:
        raise Refused('SIGNATURE_MALFORMED')
    terms, unknown, former = {}, None, ''
    for name, value in zip(parts[::2], parts[1::2]):
        is_next = name > former or (name == former == 'id')
        if not NAME.fullmatch(name) or not is_next or not value or not all(map(is_id_character, value)):
            raise Refused('SIGNATURE_MALFORMED')
        former = name
        if name not in TERMS:
            unknown = unknown or name
            continue
        read = TERMS[name](value)
        if read is None:
            raise Refused('SIGNATURE_MALFORMED')
        terms.setdefault(name, []).append(read)
    if len(terms.get('id', [])) > 40 or ('uses' in terms and 'jti' not in terms):
        raise Refused('SIGNATURE_MALFORMED')
    return {name: values if name == 'id' else values[0] for name, values in terms.items()}, unknown


def percent_decode(text):
    if re.search('%(?![0-9A-Fa-f]{2})', text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return None


def find_parameters(query):
    """The values of each reserved name. A bracket after a name makes its parameter malformed."""
    found = {'expires': [], 'terms': [], 'sig': []}
    bracketed = set()
    for pair in query.split('&'):
        raw, _, value = pair.partition('=')
        # Only what spells a reserved name matters.
        name = re.sub('%([0-7][0-9A-Fa-f])', lambda match: chr(int(match[1], 16)), raw)
        for reserved, values in found.items():
            if name == reserved:
                values.append(value)
            elif name.startswith(f'{reserved}['):
                bracketed.add(reserved)
    return found, bracketed


def read_query(query):
    found, bracketed = find_parameters(query)
    for name in ('expires', 'sig'):
        if name not in bracketed and not any(found[name]):
            raise Refused('SIGNATURE_MISSING')
    if bracketed or any(len(values) > 1 for values in found.values()) or found['terms'] == ['']:
        raise Refused('SIGNATURE_MALFORMED')
    expires, sig, terms = [percent_decode(values[0]) if values else '' for values in
                           (found['expires'], found['sig'], found['terms'])]
    if None in (expires, sig, terms) or not SIG.fullmatch(sig) or number(expires) is None:
        raise Refused('SIGNATURE_MALFORMED')
    return number(expires), terms, sig


def read_target(target):
    target = re.sub('^[a-z][a-z0-9+.-]*://[^/?#]*', '', target, flags=re.I).partition('#')[0]
    path, _, query = target.partition('?')
    name = percent_decode(path.rpartition('/')[2])
    match = re.fullmatch('([^.]*)(?:[.](?:mp3|flac|m4a|ogg|wav))?', name or '', re.I)
    if not match or not is_id(match[1]):
        raise Refused('INVALID_ID')
    return match[1], query


def address_digits(text):
    """The digits by family; an IPv4 address in IPv6 counts as IPv4."""
    try:
        address = ipaddress.ip_address((text or '').partition('%')[0])
    except ValueError:
        return {}
    address = getattr(address, 'ipv4_mapped', None) or address
    return {f'ip{address.version}': address.packed.hex()}


def is_in_scope(track, terms, sets):
    if not opens_several(terms.items()):
        return True
    return (track in terms.get('id', []) or ('pre' in terms and track.startswith(terms['pre']))
            or track in sets.get(terms.get('in'), []))


def verify(secrets, options, target, at, address):
    """Raises Refused with the code of the first check that fails."""
    track, query = read_target(target)
    expires, text, sig = read_query(query)
    terms, unknown = read_terms(text) if text else ({}, None)
    signed = f'{SEVERAL_TRACKS if opens_several(terms.items()) else track}|{expires}' + (f'|{text}' if text else '')
    if not any(mac(secret_bytes(each), signed) == sig and
               terms.get('kid', each.get('keyId')) == each.get('keyId', terms.get('kid')) for each in secrets):
        raise Refused('SIGNATURE_INVALID')
    if unknown:
        raise Refused('TERM_UNKNOWN')
    tolerance = options.get('clockTolerance', 0)
    if terms.get('nbf', 0) > at + tolerance or terms.get('iat', 0) > at + tolerance + SIGNER_AHEAD:
        raise Refused('SIGNATURE_NOT_YET_VALID')
    if at > expires + tolerance:
        raise Refused('SIGNATURE_EXPIRED')
    longest = options.get('maxTtl', LARGEST_NUMBER)
    if expires - terms.get('iat', expires) > longest or expires - at > longest + tolerance:
        raise Refused('SIGNATURE_LIFETIME')
    if not is_in_scope(track, terms, options.get('sets', {})):
        raise Refused('SIGNATURE_INVALID')
    digits = address_digits(address)
    networks = {name: terms[name] for name in ('ip4', 'ip6') if name in terms}
    if networks and not any(digits.get(name, '').startswith(start) for name, start in networks.items()):
        raise Refused('NETWORK_NOT_ALLOWED')
