"""Links and the verdict on each. In a case of malformed terms the signature is correct, so that the grammar alone decides."""

from common import EXPIRES, SECRET, album_of, encoded_name
import reference

AT = EXPIRES - 600
SIGNED_AT = EXPIRES - 3600
IAT = f'iat.{SIGNED_AT}'
EXAMPLE = f'{IAT}.jti.Zk3x9QwT.ses.14400.sub.u42'
OTHER_SECRET = 'fedcba9876543210fedcba9876543210'
MALFORMED, INVALID, MISSING = 'SIGNATURE_MALFORMED', 'SIGNATURE_INVALID', 'SIGNATURE_MISSING'
UNKNOWN, EARLY, EXPIRED = 'TERM_UNKNOWN', 'SIGNATURE_NOT_YET_VALID', 'SIGNATURE_EXPIRED'
LIFETIME, NETWORK, BAD_ID = 'SIGNATURE_LIFETIME', 'NETWORK_NOT_ALLOWED', 'INVALID_ID'
LARGEST = 2**53 - 1


# Making links


def subject_of(terms, track):
    names = terms.split('.')[::2]
    return '*' if {'id', 'pre', 'in'} & set(names) else track


def sign(track, expires, terms='', secret=SECRET):
    key = secret if isinstance(secret, bytes) else secret.encode()
    text = f'{subject_of(terms, track)}|{expires}' + (f'|{terms}' if terms else '')
    return reference.mac(key, text)


def mac(text, secret=SECRET):
    return reference.mac(secret.encode(), text)


def link(track='track1', expires=EXPIRES, terms='', sig=None, path=None, **how):
    """A link with a correct signature, unless `sig` is given."""
    path = f'/stream/{reference.encode(track)}' if path is None else path
    middle = f'&terms={reference.encode(terms)}' if terms else ''
    return f'{path}?expires={expires}{middle}&sig={sig or sign(track, expires, terms, **how)}'


def case(comment, flags, target, code=None, at=AT, address=None):
    request = {'target': target, 'at': at, 'address': address}
    verdict = {'result': 'valid'} if code is None else {'result': 'refused', 'code': code}
    return {'tcId': 0, 'comment': comment, 'flags': flags.split(), 'request': request, **verdict}


def malformed(comment, flags, terms, **how):
    return case(comment, flags, link(terms=terms, **how), MALFORMED)


# Groups


def groups():
    one = [{'secret': SECRET}]
    named = [{'keyId': 'b', 'secret': OTHER_SECRET}, {'keyId': 'a', 'secret': SECRET}]
    return [
        group('links of the first form', one, {}, plain() + integers() + sig_texts() + query_shapes() + spellings()),
        group('terms', one, {}, terms() + grammar() + values() + unicode_terms()),
        group('albums', one, {}, albums()),
        group('one form taken for the other', one, {}, downgrades() + confusions()),
        group('times', one, {}, clocks() + precedence()),
        group('networks', one, {}, addresses()),
        group('two secrets with names', named, {}, keys_with_names()),
        group('two secrets without names', [{'secret': OTHER_SECRET}, {'secret': SECRET}], {}, keys_without_names()),
        *odd_secrets(),
        group('sets of the app', one, {'sets': {'summer': ['track1', 'track2'], 'empty': []}}, sets()),
        group('a signer whose clock is ahead', one, {}, ahead(), required=False),
        group('a tolerance of 30 seconds', one, {'clockTolerance': 30}, tolerance(), required=False),
        group('a longest life of one hour', one, {'maxTtl': 3600}, lifetimes(), required=False),
        group('a longest life of one hour and a tolerance of 30 seconds', one,
              {'maxTtl': 3600, 'clockTolerance': 30}, lifetimes_with_tolerance(), required=False),
    ]


def group(comment, secrets, options, tests, required=True):
    return {'comment': comment, 'required': required, 'secrets': secrets, 'options': options, 'tests': tests}


def check(one):
    """The second implementation must come to the verdict that the test claims."""
    for test in one['tests']:
        try:
            reference.verify(one['secrets'], one['options'], **test['request'])
            code = None
        except reference.Refused as refused:
            code = refused.args[0]
        assert code == test.get('code'), (test, code)


# Cases


def plain():
    foreign = link(secret=OTHER_SECRET)
    return [
        case('a link of the first form', 'Plain', link()),
        case('another path before the id: the path is not signed', 'Plain', link(path='/media/v2/track1')),
        case('the id at the root', 'Plain', link(path='/track1')),
        case('an absolute URL', 'Plain', link(path='https://api.example.com/stream/track1')),
        case('an extension behind the id, which is not signed', 'Plain', link(path='/stream/track1.mp3')),
        case('an extension in upper case', 'Plain', link(path='/stream/track1.MP3')),
        case('the signed text has the extension', 'Plain Confusion',
             link(path='/stream/track1.mp3', sig=mac(f'track1.mp3|{EXPIRES}')), INVALID),
        case('an id of one letter', 'Plain Boundary', link('a')),
        case('an id of 512 letters', 'Plain Boundary', link('x' * 512)),
        case('an id of 513 letters', 'Plain Boundary', link('x' * 513), BAD_ID),
        case('an id of 512 letters outside the basic plane', 'Plain Boundary Unicode', link('\U0001d49c' * 512)),
        case('an id of digits', 'Plain', link('007')),
        case('an id with composed accents', 'Plain Unicode', link('\u00e9t\u00e9_2026')),
        case('an id with decomposed accents', 'Plain Unicode', link('e\u0301te\u0301_2026')),
        case('composed accents were signed, the path has them decomposed', 'Plain Unicode',
             link('e\u0301te\u0301', sig=sign('\u00e9t\u00e9', EXPIRES)), INVALID),
        case('an id with vowel signs', 'Plain Unicode', link('\u0917\u0940\u0924\u093e')),
        case('an id with a letter in a circle, which is alphabetic', 'Plain Unicode', link('\u24b6')),
        case('the id of another case: it was changed after signing', 'Plain', link('Track1', sig=sign('track1', EXPIRES)), INVALID),
        case('another id', 'Plain', link('track2', sig=sign('track1', EXPIRES)), INVALID),
        case('another expiry', 'Plain', link(expires=EXPIRES + 1, sig=sign('track1', EXPIRES)), INVALID),
        case('another secret', 'Plain Key', foreign, INVALID),
        case('the id with an asterisk', 'Plain Confusion', link('*', path='/stream/*'), BAD_ID),
        case('the id with a vertical bar', 'Plain Confusion', link('a|1'), BAD_ID),
        case('the id with a slash, encoded', 'Plain', link('a/b'), BAD_ID),
        case('the id with NUL', 'Plain', link('a\0b'), BAD_ID),
        case('the id with a dot', 'Plain', link('a.b.c', path='/stream/a.b.c'), BAD_ID),
        case('the id with a zero-width joiner', 'Plain Unicode', link('a\u200db'), BAD_ID),
        case('no id', 'Plain', link('', path='/stream/'), BAD_ID),
        case('a slash behind the id', 'Plain', link(path='/stream/track1/'), BAD_ID),
        case('a path that is not UTF-8', 'Plain Spelling', link(path='/stream/track%ff'), BAD_ID),
    ]


def integers():
    texts = [
        ('a sign', '%2B1609459200'), ('a plus, which is no space', '+1609459200'), ('minus', '-1609459200'),
        ('a leading zero', '01609459200'), ('an exponent', '1.6094592e9'), ('a fraction of zero', '1609459200.0'),
        ('hexadecimal', '0x5fee6600'), ('octal', '0o13773463000'), ('an underscore', '1_609_459_200'),
        ('a space before it', '%201609459200'), ('a space behind it', '1609459200%20'), ('a line break behind it', '1609459200%0A'),
        ('NUL behind it', '1609459200%00'), ('full-width digits', '%EF%BC%91609459200'), ('Arabic digits', '%D9%A1%D9%A6'),
        ('a number that is not safe in a double', '9007199254740992'), ('17 digits', '16094592000000000'),
        ('64 bits', '18446744073709551615'), ('an infinity', 'Infinity'), ('not a number', 'NaN'), ('a boolean', 'true'),
        ('a letter behind it', '1609459200n'), ('two zeros', '00'),
    ]
    found = [case(f'expires: {what}', 'Integer', f'/stream/track1?expires={text}&sig={mac(f"track1|{text}")}', MALFORMED)
             for what, text in texts]
    rounded = f'/stream/track1?expires={LARGEST + 2}&sig={mac(f"track1|{LARGEST + 1}")}'
    return found + [
        case('expires: the largest safe integer', 'Integer Boundary', link(expires=LARGEST)),
        case('expires: rounded by a double to the number that was signed', 'Integer', rounded, MALFORMED),
        case('expires: zero, at time zero', 'Integer Boundary Clock', link(expires=0), at=0),
        case('expires: zero, a second later', 'Integer Clock', link(expires=0), EXPIRED, at=1),
        case('expires: beyond 31 bits', 'Integer', link(expires=2**31)),
        case('expires: beyond 32 bits', 'Integer', link(expires=2**32)),
        case('expires: in milliseconds, and was signed so', 'Integer', link(expires=EXPIRES * 1000)),
    ]


def sig_texts():
    sig = sign('track1', EXPIRES)
    changed = ('0' if sig[-1] != '0' else '1')
    base64_of_sig = encoded_name(bytes.fromhex(sig))
    texts = [
        ('in upper case', sig.upper()), ('with one letter in upper case', sig.replace('b', 'B', 1)),
        ('without its last digit', sig[:-1]), ('without its last byte', sig[:-2]), ('with one digit more', sig + '0'),
        ('twice in a row', sig * 2), ('in base64url', base64_of_sig), ('with a prefix', f'0x{sig}'),
        ('with a space before it', f'%20{sig}'), ('with a line break behind it', f'{sig}%0A'), ('with NUL behind it', f'{sig}%00'),
        ('with a letter that is no digit', 'g' + sig[1:]), ('of one letter', 'a'), ('in full-width digits', '%EF%BC%90' * 64),
        ('with a full stop behind it', f'{sig}.'),
    ]
    found = [case(f'sig {what}', 'SigText', link(sig=text), MALFORMED) for what, text in texts]
    return found + [
        case('sig with another last digit', 'SigText', link(sig=sig[:-1] + changed), INVALID),
        case('sig with another first digit', 'SigText', link(sig=('0' if sig[0] != '0' else '1') + sig[1:]), INVALID),
        case('sig of zeros alone', 'SigText', link(sig='0' * 64), INVALID),
        case('sig without a key: SHA-256 of the text', 'SigText Key', link(sig=reference.hashlib.sha256(b'track1|1609459200').hexdigest()), INVALID),
    ]


def query_shapes():
    sig = sign('track1', EXPIRES)
    expires, whole = f'expires={EXPIRES}', f'sig={sig}'
    shapes = [
        ('no query', '', MISSING), ('an empty query', '?', MISSING),
        ('no sig', f'?{expires}', MISSING), ('no expires', f'?{whole}', MISSING),
        ('sig without a value', f'?{expires}&sig=', MISSING), ('sig without an equals sign', f'?{expires}&sig', MISSING),
        ('expires without a value', f'?expires=&{whole}', MISSING),
        ('a semicolon as the separator', f'?{expires};{whole}', MISSING), ('an ampersand escaped for HTML', f'?{expires}&amp;{whole}', MISSING),
        ('names in upper case', f'?EXPIRES={EXPIRES}&SIG={sig}', MISSING),
        ('the query in the fragment', f'#{expires}&{whole}', MISSING),
        ('the separator encoded', f'?{expires}%26{whole}', MISSING),
        ('sig before expires', f'?{whole}&{expires}', None),
        ('a parameter of the app before, between and behind', f'?page=1&{expires}&x=%zz&{whole}&utm_source=mail', None),
        ('empty pairs', f'?&{expires}&&{whole}&', None), ('a fragment', f'?{expires}&{whole}#t=10', None),
        ('sig twice, the same', f'?{expires}&{whole}&{whole}', MALFORMED),
        ('sig twice, the first wrong', f'?{expires}&sig={"0" * 64}&{whole}', MALFORMED),
        ('sig twice, the second wrong', f'?{expires}&{whole}&sig={"0" * 64}', MALFORMED),
        ('sig twice, one empty', f'?{expires}&{whole}&sig=', MALFORMED),
        ('expires twice, the second later', f'?{expires}&expires={EXPIRES + 9999}&{whole}', MALFORMED),
        ('expires twice, the first later', f'?expires={EXPIRES + 9999}&{expires}&{whole}', MALFORMED),
        ('expires[] for expires', f'?expires[]={EXPIRES}&{whole}', MALFORMED),
        ('sig[] for sig', f'?{expires}&sig[]={sig}', MALFORMED), ('sig[0] for sig', f'?{expires}&sig[0]={sig}', MALFORMED),
        ('sig and sig[]', f'?{expires}&{whole}&sig[]={sig}', MALFORMED),
        ('expires and expires[x], encoded', f'?{expires}&expires%5Bx%5D=1&{whole}', MALFORMED),
        ('a second question mark', f'?{expires}?&{whole}', MALFORMED),
        ('a name that begins like one of ours', f'?{expires}&sigs=1&{whole}&expires_in=5', None),
    ]
    return [case(what, 'QueryShape', f'/stream/track1{query}', code) for what, query, code in shapes]


def spellings():
    sig = sign('track1', EXPIRES)
    return [
        case('a letter of the id, percent-encoded', 'Spelling', link(path='/stream/%74rack1')),
        case('a letter of the id, percent-encoded twice', 'Spelling', link(path='/stream/%2574rack1'), BAD_ID),
        case('lower-case digits of percent-encoding', 'Spelling Unicode', link('\u00e9t\u00e9', path='/stream/%c3%a9t%c3%a9')),
        case('a digit of expires, percent-encoded', 'Spelling', f'/stream/track1?expires=%31609459200&sig={sig}'),
        case('a digit of sig, percent-encoded', 'Spelling', f'/stream/track1?expires={EXPIRES}&sig=%{ord(sig[0]):x}{sig[1:]}'),
        case('a letter of the name sig, percent-encoded', 'Spelling QueryShape', f'/stream/track1?expires={EXPIRES}&%73ig={sig}'),
        case('the name sig plain and percent-encoded', 'Spelling QueryShape',
             f'/stream/track1?expires={EXPIRES}&sig={sig}&s%69g={sig}', MALFORMED),
        case('expires percent-encoded twice', 'Spelling', f'/stream/track1?expires=%2531609459200&sig={sig}', MALFORMED),
        case('an escape without its digits', 'Spelling', f'/stream/track1?expires={EXPIRES}%&sig={sig}', MALFORMED),
    ]


def terms():
    return [
        case('the example of docs/links.md', 'Terms', link(terms=EXAMPLE)),
        case('terms before expires', 'Terms QueryShape', f'/stream/track1?terms={EXAMPLE}&sig={sign("track1", EXPIRES, EXAMPLE)}&expires={EXPIRES}'),
        case('terms and parameters of the app', 'Terms QueryShape', link(terms=EXAMPLE) + '&page=1'),
        case('an extension behind the id', 'Terms', link(terms=EXAMPLE, path='/stream/track1.flac')),
        case('one term', 'Terms', link(terms=IAT)),
        case('every term that is no album and no network', 'Terms',
             link(terms=f'as.YQ.{IAT}.jti.L1.kid.a.nbf.0.ses.86400.streams.99.sub.u42.uses.9999')),
        case('a link id that begins with dashes', 'Terms', link(terms='jti.--_-')),
        case('terms whose dots are percent-encoded', 'Terms Spelling', link(terms=EXAMPLE).replace(EXAMPLE, EXAMPLE.replace('.', '%2E'))),
        case('terms whose letters are percent-encoded', 'Terms Spelling', link(terms='sub.a-b').replace('sub.a-b', '%73ub.a%2db')),
        case('the name terms, percent-encoded', 'Terms Spelling QueryShape', link(terms=IAT).replace('&terms', '&%74erms')),
        case('dots encoded twice', 'Terms Spelling', link(terms=IAT).replace('iat.', 'iat%252E'), MALFORMED),
        case('terms in the wrong case of the name of the parameter: no terms', 'Terms QueryShape', link(terms=IAT).replace('&terms', '&Terms'), INVALID),
        case('a wrong signature', 'Terms', link(terms=EXAMPLE, sig='0' * 64), INVALID),
        case('another listener', 'Terms', link(terms='sub.u43', sig=sign('track1', EXPIRES, 'sub.u42')), INVALID),
        case('another track', 'Terms', link('track2', terms=EXAMPLE, sig=sign('track1', EXPIRES, EXAMPLE)), INVALID),
        case('another expiry with the same terms', 'Terms', link(expires=EXPIRES + 1, terms=EXAMPLE, sig=sign('track1', EXPIRES, EXAMPLE)), INVALID),
        case('the signed text has the encoded terms', 'Terms Unicode',
             link(terms='sub.\u00e9', sig=mac(f'track1|{EXPIRES}|sub.%C3%A9')), INVALID),
        case('the signed text has the terms in the order of the signer', 'Terms Order',
             link(terms='iat.1.sub.u42', sig=mac(f'track1|{EXPIRES}|sub.u42.iat.1')), INVALID),
        case('an unknown term', 'Terms', link(terms='foo.1'), UNKNOWN),
        case('an unknown term after known ones', 'Terms', link(terms=f'{IAT}.zzz.1'), UNKNOWN),
        case('an unknown term of eight letters and digits', 'Terms Boundary', link(terms='abcdef12.x'), UNKNOWN),
        case('an unknown term with a wrong signature', 'Terms Precedence', link(terms='foo.1', sig='0' * 64), INVALID),
        case('clip is not known yet', 'Terms', link(terms='clip.0-1000'), UNKNOWN),
    ]


def grammar():
    shapes = [
        ('an odd number of parts', 'iat'), ('three parts', f'{IAT}.sub'), ('a dot at the end', f'{IAT}.'), ('a dot at the start', f'.{IAT}'),
        ('two dots', f'iat..{SIGNED_AT}'), ('a dot alone', '.'), ('an empty value', 'sub.'), ('an empty name', '.u42'),
        ('an empty value between others', f'{IAT}.jti..sub.u42'),
        ('names that descend', f'sub.u42.{IAT}'), ('names that are not sorted at the end', f'{IAT}.sub.u42.ses.60'),
        ('a name twice', f'{IAT}.{IAT}'), ('a name twice with two values', f'{IAT}.sub.u42.sub.u43'),
        ('an unknown name twice', 'foo.1.foo.1'), ('an unknown name out of order', 'sub.u42.foo.1'),
        ('a name in upper case', 'IAT.1'), ('a name with a capital letter', 'Sub.u42'), ('a name of nine letters', 'listeners.1'),
        ('a name that begins with a digit', '1st.1'), ('a name with a dash', 'x-foo.1'), ('a name beyond ASCII', '\u00e9t\u00e9.1'),
        ('an equals sign in place of the dot', 'sub=u42'), ('a colon in place of the dot', 'sub:u42'), ('a comma between pairs', 'iat.1,sub.u42'),
        ('a tilde between pairs', 'iat.1~sub.u42'), ('a space in a value', 'sub.u 42'), ('a vertical bar in a value', 'sub.u|42'),
        ('an asterisk as a value', 'sub.*'), ('a slash in a value', 'sub.a/b'), ('a plus in a value', 'sub.a+b'), ('an at sign in a value', 'sub.a@b'),
        ('NUL in a value', 'sub.a\0'), ('a line break at the end', f'{IAT}\n'), ('a line break between pairs', 'iat.1\n.sub.u42'),
        ('a space at the start', f' {IAT}'), ('a byte order mark at the start', f'\ufeff{IAT}'), ('JSON', '{"iat":1}'),
        ('an unknown term with a value outside the alphabet', 'foo.a~b'),
    ]
    found = [malformed(f'terms with {what}', 'Grammar', text) for what, text in shapes]
    return found + [
        case('a plus in the query is no space', 'Grammar Spelling', link(terms='sub.a', sig=sign('track1', EXPIRES, 'sub.a+b')).replace('sub.a', 'sub.a+b'), MALFORMED),
        case('terms that are not UTF-8', 'Grammar Unicode', link(terms='sub.a').replace('sub.a', 'sub.a%FF'), MALFORMED),
        case('terms with an overlong dot', 'Grammar Unicode Spelling', link(terms=IAT).replace('iat.', 'iat%C0%AE'), MALFORMED),
        case('terms with half a surrogate pair', 'Grammar Unicode', link(terms='sub.a').replace('sub.a', 'sub.a%ED%A0%80'), MALFORMED),
        case('terms with an escape without digits', 'Grammar Spelling', link(terms='sub.a').replace('sub.a', 'sub.a%'), MALFORMED),
        case('malformed terms with a wrong signature', 'Grammar Precedence', link(terms='sub', sig='0' * 64), MALFORMED),
        case('terms of 512 characters', 'Boundary Grammar', link('t01', terms=reference.join_terms(album_of(512, SIGNED_AT)))),
        case('terms of 513 characters', 'Boundary Grammar', link('t01', terms=reference.join_terms(album_of(513, SIGNED_AT))), MALFORMED),
        case('terms of 512 characters that are 2000 bytes', 'Boundary Grammar Unicode', link('a', terms='id.a.id.' + '\U0001d49c' * 504)),
        case('terms of 513 characters that are 2000 bytes', 'Boundary Grammar Unicode', link('a', terms='id.a.id.' + '\U0001d49c' * 505), MALFORMED),
        case('terms of 5004 characters', 'Boundary Grammar', link(terms='sub.' + 'u' * 5000), MALFORMED),
    ]


def values():
    bad, good = [], []

    def each(name, wrong=(), right=(), around='{}'):
        for what, value in wrong:
            bad.append(malformed(f'{name}: {what}', 'Grammar', around.format(f'{name}.{value}')))
        for what, value in right:
            good.append(case(f'{name}: {what}', 'Boundary', link(terms=around.format(f'{name}.{value}'))))

    numbers = [('a leading zero', '01'), ('a sign', '-1'), ('a letter', '1s'), ('hexadecimal', '0x1'), ('Arabic digits', '\u0663')]
    each('iat', [*numbers, ('beyond the largest safe integer', LARGEST + 1), ('17 digits', '1' * 17)], [('zero', 0)])
    each('nbf', [*numbers, ('beyond the largest safe integer', LARGEST + 1)], [('zero', 0)])
    each('ses', [*numbers, ('more than a day', 86401)], [('a day', 86400), ('nothing', 0)])
    each('streams', [*numbers, ('none', 0), ('one hundred', 100)], [('one', 1), ('ninety-nine', 99)])
    each('uses', [*numbers, ('none', 0), ('ten thousand', 10000)], [('one', 1), ('9999', 9999)], around='jti.L1.{}')
    each('sub', [('65 characters', 'u' * 65), ('a dollar sign', 'u$')],
         [('64 characters', 'u' * 64), ('64 letters outside the basic plane', '\U0001d49c' * 64)])
    each('jti', [('33 characters', 'L' * 33), ('a letter beyond ASCII', 'L\u00e9'), ('a digit beyond ASCII', 'L\u0663')], [('32 characters', 'L' * 32)])
    each('kid', [('17 characters', 'k' * 17), ('an upper-case letter', 'K'), ('a dash', 'a-b')], [('16 characters', 'k' * 16)])
    each('as', [
        ('padding', 'YQ=='), ('base64 with a plus', '+-8'), ('stray bits in the last letter', 'YR'), ('one letter too many', 'YWJjZ'),
        ('a slash in the name', encoded_name('a/b')), ('a backslash in the name', encoded_name('a\\b')),
        ('a line break in the name', encoded_name('a\r\nb')), ('NUL in the name', encoded_name('a\0b')), ('DEL in the name', encoded_name('a\x7fb')),
        ('a control of the second set in the name', encoded_name('a\x85b')), ('a name that is not UTF-8', encoded_name(b'\xff\xfe')),
        ('a name with half a surrogate pair', encoded_name(b'\xed\xa0\x80')), ('a name of 201 bytes', encoded_name('n' * 201)),
        ('a letter that is no base64', 'Y\u00e9'),
    ], [('a name of one letter', 'YQ'), ('a name of 200 bytes', encoded_name('n' * 200)), ('quotes in the name', encoded_name('a "b" \'c\'.mp3')),
        ('a name beyond ASCII', encoded_name('\u00c9t\u00e9 \u6b4c.flac'))])
    each('ip4', [('five digits', 'c0000'), ('seven digits', 'c000020'), ('ten digits', 'c000020700'), ('upper case', 'C00002'),
                 ('four digits', 'c000'), ('letters that are no digits', 'g00002')])
    each('ip6', [('ten digits', '20010db800'), ('thirteen digits', '20010db800000'), ('fifteen digits', '20010db80000000'),
                 ('eighteen digits', '20010db80000000001'), ('upper case', '20010DB80000')])
    return bad + good + [
        malformed('uses without jti', 'Grammar', 'uses.3'),
        malformed('uses without jti among others', 'Grammar', f'{IAT}.sub.u42.uses.3'),
    ]


def unicode_terms():
    return [
        case('a listener beyond ASCII', 'Unicode Terms', link(terms='sub.\u00e9l\u00e8ve')),
        case('a listener with lower-case escapes', 'Unicode Spelling', link(terms='sub.\u00e9').replace('%C3%A9', '%c3%a9')),
        case('a listener with decomposed accents, signed composed', 'Unicode', link(terms='sub.e\u0301', sig=sign('track1', EXPIRES, 'sub.\u00e9')), INVALID),
        case('a listener with bare bytes of Latin-1', 'Unicode Spelling', link(terms='sub.\u00e9').replace('%C3%A9', '%E9'), MALFORMED),
        case('a listener with a right-to-left mark', 'Unicode Grammar', link(terms='sub.a\u200f'), MALFORMED),
        case('an emoji as a listener', 'Unicode Grammar', link(terms='sub.\U0001f3b5'), MALFORMED),
    ]


def albums():
    both = ['id.\uFB01.id.\U0001d49c', 'id.\U0001d49c.id.\uFB01']
    many = '.'.join(f'id.t{index}' for index in range(40))
    return [
        case('a list that has the track', 'Album', link('b', terms=f'{IAT}.id.a.id.b.id.c')),
        case('the same link for another track of the list', 'Album', link('c', terms=f'{IAT}.id.a.id.b.id.c')),
        case('a list that has not the track', 'Album', link('d', terms=f'{IAT}.id.a.id.b.id.c'), INVALID),
        case('a list of the track alone', 'Album', link(terms='id.track1')),
        case('a list in another case', 'Album', link(terms='id.Track1'), INVALID),
        case('a list that has the beginning of the track', 'Album', link(terms='id.track'), INVALID),
        case('a list with an order that is not ascending', 'Album Order', link('a', terms='id.c.id.b.id.a')),
        case('a list in the order of code points', 'Album Order Unicode', link('\uFB01', terms=both[0])),
        case('a list in the order of UTF-16', 'Album Order Unicode', link('\uFB01', terms=both[1])),
        case('a list of 40 tracks', 'Album Boundary', link('t39', terms=many)),
        case('a list of 41 tracks', 'Album Boundary', link('t39', terms=f'{many}.id.t40'), MALFORMED),
        case('an asterisk in a list', 'Album Grammar', link(terms='id.*'), MALFORMED),
        case('a list signed with the id in place of the asterisk', 'Album Confusion', link('a', terms='id.a', sig=mac(f'a|{EXPIRES}|id.a')), INVALID),
        case('a prefix', 'Album', link('album1-02', terms='pre.album1-')),
        case('a prefix that ends in an underscore', 'Album', link('album_02', terms='pre.album_')),
        case('a prefix of another album whose number goes on', 'Album', link('album10-02', terms='pre.album1-'), INVALID),
        case('a prefix that is the whole id', 'Album', link('album1-', terms='pre.album1-')),
        case('an id that is shorter than the prefix', 'Album', link('album1', terms='pre.album1-'), INVALID),
        case('a prefix that the id has elsewhere', 'Album', link('x-album1-02', terms='pre.album1-'), INVALID),
        case('a prefix of two characters', 'Album Boundary', link('a-1', terms='pre.a-')),
        case('a prefix of one character', 'Album Grammar Boundary', link('-1', terms='pre.-'), MALFORMED),
        case('a prefix of one character outside the basic plane and a dash', 'Album Boundary Unicode', link('\U0001d49c-1', terms='pre.\U0001d49c-')),
        case('a prefix that ends in a letter', 'Album Grammar', link('album1', terms='pre.album'), MALFORMED),
        case('a prefix that ends in a digit', 'Album Grammar', link('album1', terms='pre.album1'), MALFORMED),
        case('a prefix and a list: either suffices', 'Album', link('track1', terms='id.track1.pre.album1-')),
        case('a prefix and a list, neither of which has the track', 'Album', link('track2', terms='id.track1.pre.album1-'), INVALID),
        case('a prefix signed with the id in place of the asterisk', 'Album Confusion', link('album1-02', terms='pre.album1-', sig=mac(f'album1-02|{EXPIRES}|pre.album1-')), INVALID),
        case('a set that no app knows here', 'Album', link(terms='in.summer'), INVALID),
        case('a set of 64 characters and a list', 'Album Boundary', link(terms=f'id.track1.in.{"s" * 64}')),
        case('a set of 65 characters and a list', 'Album Boundary', link(terms=f'id.track1.in.{"s" * 65}'), MALFORMED),
    ]


def sets():
    return [
        case('a set that has the track', 'Album', link(terms='in.summer')),
        case('the same set, for its other track', 'Album', link('track2', terms='in.summer')),
        case('a set that has not the track', 'Album', link('track3', terms='in.summer'), INVALID),
        case('a set without tracks', 'Album', link(terms='in.empty'), INVALID),
        case('a set that the app does not know', 'Album', link(terms='in.winter'), INVALID),
        case('a set whose name is a property of every object', 'Album', link(terms='in.constructor'), INVALID),
        case('a set that has not the track, and a list that has', 'Album', link('track3', terms='id.track3.in.summer')),
        case('a set that has the track, and a list that has not', 'Album', link(terms='id.track3.in.summer')),
        case('a set signed with the id in place of the asterisk', 'Album Confusion', link(terms='in.summer', sig=mac(f'track1|{EXPIRES}|in.summer')), INVALID),
    ]


def downgrades():
    signed = link(terms=EXAMPLE)
    sig = sign('track1', EXPIRES, EXAMPLE)
    start = f'/stream/track1?expires={EXPIRES}'
    album = 'id.track1.id.track2'
    return [
        case('the terms were removed', 'Downgrade', f'{start}&sig={sig}', INVALID),
        case('the terms were emptied', 'Downgrade', f'{start}&terms=&sig={sig}', MALFORMED),
        case('the terms lost their value and the equals sign', 'Downgrade', f'{start}&terms&sig={sig}', MALFORMED),
        case('an empty parameter terms was added to a link of the first form', 'Downgrade', link() + '&terms=', MALFORMED),
        case('terms without an equals sign were added to a link of the first form', 'Downgrade', link() + '&terms', MALFORMED),
        case('terms were added to a link of the first form', 'Downgrade', link() + '&terms=' + EXAMPLE, INVALID),
        case('a list was added to a link of the first form', 'Downgrade Album', link() + '&terms=id.track1', INVALID),
        case('the terms occur twice, the same', 'Downgrade QueryShape', f'{signed}&terms={EXAMPLE}', MALFORMED),
        case('the terms occur twice, the second weaker', 'Downgrade QueryShape', f'{signed}&terms={IAT}', MALFORMED),
        case('the terms occur twice, the first empty', 'Downgrade QueryShape', f'{start}&terms=&terms={EXAMPLE}&sig={sig}', MALFORMED),
        case('the terms occur twice, the second empty', 'Downgrade QueryShape', f'{signed}&terms=', MALFORMED),
        case('the terms in brackets', 'Downgrade QueryShape', signed.replace('&terms=', '&terms[]='), MALFORMED),
        case('the terms in brackets, encoded', 'Downgrade QueryShape', signed.replace('&terms=', '&terms%5B%5D='), MALFORMED),
        case('the terms with an index', 'Downgrade QueryShape', signed.replace('&terms=', '&terms[0]='), MALFORMED),
        case('a bracket added to a link of the first form', 'Downgrade QueryShape', link() + '&terms[]=iat.1', MALFORMED),
        case('the terms plain and under an encoded name', 'Downgrade QueryShape', f'{signed}&%74erms={IAT}', MALFORMED),
        case('the name of the parameter was changed, so that there are no terms', 'Downgrade', signed.replace('&terms=', '&term='), INVALID),
        case('the name of the parameter has a dot behind it', 'Downgrade', signed.replace('&terms=', '&terms.=', 1), INVALID),
        case('the terms moved into the fragment', 'Downgrade', f'{start}&sig={sig}#terms={EXAMPLE}', INVALID),
        case('one term was removed', 'Downgrade', link(terms=EXAMPLE.replace('.sub.u42', ''), sig=sig), INVALID),
        case('one term was added', 'Downgrade', link(terms=f'{EXAMPLE}.uses.1', sig=sig), INVALID),
        case('one term was renamed to an unknown one', 'Downgrade', link(terms=EXAMPLE.replace('.sub.', '.sux.'), sig=sig), INVALID),
        case('two terms were joined to one', 'Downgrade Grammar', link(terms=EXAMPLE.replace('.sub.u42', 'sub-u42'), sig=sig), MALFORMED),
        case('the terms of another link', 'Downgrade', link(terms='sub.u43', sig=sign('track2', EXPIRES, 'sub.u43')), INVALID),
        case('a track was added to a list', 'Downgrade Album', link('track3', terms=f'{album}.id.track3', sig=sign('x', EXPIRES, album)), INVALID),
        case('the list was removed', 'Downgrade Album', link(sig=sign('x', EXPIRES, album)), INVALID),
        case('the list was replaced by terms without one', 'Downgrade Album', link(terms='sub.track1', sig=sign('x', EXPIRES, album)), INVALID),
        case('the list was reordered', 'Downgrade Album Order', link(terms='id.track2.id.track1', sig=sign('x', EXPIRES, album)), INVALID),
    ]


def confusions():
    return [
        case('the signature of the asterisk without terms', 'Confusion', link(sig=mac(f'*|{EXPIRES}')), INVALID),
        case('the signature of an asterisk for terms that are no album', 'Confusion', link(terms=IAT, sig=mac(f'*|{EXPIRES}|{IAT}')), INVALID),
        case('the signature of the text with a bar and no terms', 'Confusion', link(sig=mac(f'track1|{EXPIRES}|')), INVALID),
        case('the signature of the terms in place of the expiry', 'Confusion', link(terms=IAT, sig=mac(f'track1|{IAT}|{EXPIRES}')), INVALID),
        case('the signature without bars', 'Confusion', link(sig=mac(f'track1{EXPIRES}')), INVALID),
        case('the signature of a session', 'Confusion', link(sig=mac(f'*|session|track1|{EXPIRES}')), INVALID),
        case('the signature of the first form for a text that would read alike', 'Confusion',
             link(terms='iat.1', sig=mac(f'track1|{EXPIRES}|iat|1')), INVALID),
        case('an id that has the form of terms is no term', 'Confusion', link('iat', terms='id.iat')),
        case('a track whose id is its expiry', 'Confusion', link(str(EXPIRES))),
    ]


def clocks():
    return [
        case('the last second', 'Clock Boundary', link(), at=EXPIRES),
        case('a second after the last', 'Clock Boundary', link(), EXPIRED, at=EXPIRES + 1),
        case('the last second of a link with terms', 'Clock Boundary', link(terms=EXAMPLE), at=EXPIRES),
        case('a second after the last, of a link with terms', 'Clock Boundary', link(terms=IAT), EXPIRED, at=EXPIRES + 1),
        case('after the expiry, with time to play on: who has not begun is refused', 'Clock', link(terms=EXAMPLE), EXPIRED, at=EXPIRES + 1),
        case('nbf: its first second', 'Clock Boundary', link(terms=f'nbf.{AT}')),
        case('nbf: a second before it', 'Clock Boundary', link(terms=f'nbf.{AT + 1}'), EARLY),
        case('nbf: on its own last second', 'Clock Boundary', link(terms=f'nbf.{EXPIRES}'), at=EXPIRES),
        case('nbf: later than the expiry', 'Clock', link(terms=f'nbf.{EXPIRES + 1}'), EARLY),
        case('nbf: later than the expiry, and the expiry past', 'Clock Precedence', link(terms=f'nbf.{EXPIRES + 100}'), EARLY, at=EXPIRES + 1),
        case('nbf: later than the expiry, after both', 'Clock', link(terms=f'nbf.{EXPIRES + 100}'), EXPIRED, at=EXPIRES + 100),
        case('iat: now', 'Clock Boundary', link(terms=f'iat.{AT}')),
        case('iat: tomorrow', 'Clock', link(terms=f'iat.{AT + 86400}', expires=EXPIRES + 2 * 86400), EARLY),
        case('a link of many years', 'Clock', link(expires=10**11)),
    ]


def precedence():
    wrong = '0' * 64
    far = f'iat.{EXPIRES + 10**6}'
    return [
        case('no sig, and malformed terms', 'Precedence', f'/stream/track1?expires={EXPIRES}&terms=sub', MISSING),
        case('no expires, and sig malformed', 'Precedence', '/stream/track1?sig=abc', MISSING),
        case('a wrong id, and no query', 'Precedence', '/stream/*', BAD_ID),
        case('malformed, and expired', 'Precedence', link(terms='sub'), MALFORMED, at=EXPIRES + 1),
        case('a wrong signature, and expired', 'Precedence', link(sig=wrong), INVALID, at=EXPIRES + 1),
        case('a wrong signature, and too early', 'Precedence', link(terms=f'nbf.{EXPIRES}', sig=wrong), INVALID),
        case('an unknown term, and expired', 'Precedence', link(terms='foo.1'), UNKNOWN, at=EXPIRES + 1),
        case('an unknown term, and too early', 'Precedence', link(terms=f'foo.1.nbf.{EXPIRES}'), UNKNOWN),
        case('an unknown term, and another track', 'Precedence', link(terms='foo.1.id.track2'), UNKNOWN),
        case('an unknown term, and a known one outside its grammar', 'Precedence', link(terms='foo.1.ses.86401'), MALFORMED),
        case('too early, and another track', 'Precedence', link(terms=f'id.track2.nbf.{EXPIRES}'), EARLY),
        case('too early, and from another network', 'Precedence', link(terms=f'ip4.c00002.nbf.{EXPIRES}'), EARLY, address='198.51.100.1'),
        case('expired, and another track', 'Precedence', link(terms='id.track2'), EXPIRED, at=EXPIRES + 1),
        case('expired, and from another network', 'Precedence', link(terms='ip4.c00002'), EXPIRED, at=EXPIRES + 1, address='198.51.100.1'),
        case('another track, and from another network', 'Precedence', link(terms='id.track2.ip4.c00002'), INVALID, address='198.51.100.1'),
        case('signed in the future, and expired', 'Precedence', link(terms=far), EARLY, at=EXPIRES + 1),
    ]


def addresses():
    four, whole = f'{IAT}.ip4.c00002', f'{IAT}.ip4.c0000207'
    six, both = f'{IAT}.ip6.20010db80000', f'{IAT}.ip4.c00002.ip6.20010db800000001'
    table = [
        ('IPv4 in its /24', four, '192.0.2.7', True), ('IPv4 outside its /24', four, '192.0.3.7', False),
        ('IPv4, whole', whole, '192.0.2.7', True), ('IPv4, its neighbour', whole, '192.0.2.8', False),
        ('IPv4 with zeros and 255', f'{IAT}.ip4.0a00ff00', '10.0.255.0', True),
        ('IPv4 in IPv6', four, '::ffff:192.0.2.7', True), ('IPv4 in IPv6, in capitals', four, '::FFFF:192.0.2.7', True),
        ('IPv4 in IPv6, in hexadecimal digits', whole, '::ffff:c000:207', True), ('IPv4 in IPv6, without the abbreviation', whole, '0:0:0:0:0:ffff:192.0.2.7', True),
        ('IPv4 in IPv6, partly abbreviated', whole, '0::ffff:192.0.2.7', True),
        ('another IPv4 in IPv6, without the abbreviation', f'{IAT}.ip4.00000000', '0:0:0:0:0:ffff:192.0.2.7', False),
        ('IPv4 in IPv6, outside its network', four, '::ffff:198.51.100.1', False),
        ('IPv4-compatible IPv6, which is no IPv4', whole, '::192.0.2.7', False), ('IPv4 behind NAT64, which is no IPv4', whole, '64:ff9b::192.0.2.7', False),
        ('IPv4-translated IPv6, which is no IPv4', whole, '::ffff:0:192.0.2.7', False),
        ('IPv6 in its /48', six, '2001:db8::1', True), ('IPv6 in its /48, in capitals', six, '2001:DB8:0:FFFF::1', True),
        ('IPv6 in its /48, written in full', six, '2001:0db8:0000:0000:0000:0000:0000:0001', True),
        ('IPv6 with an interface', f'{IAT}.ip6.fe80000000000000', 'fe80::1%eth0', True),
        ('IPv6 outside its /48', six, '2001:db8:1::1', False),
        ('IPv6 in its /56', f'{IAT}.ip6.20010db8000001', '2001:db8:0:1ff::1', True), ('IPv6 outside its /56', f'{IAT}.ip6.20010db8000001', '2001:db8:0:2ff::1', False),
        ('IPv6 in its /64', f'{IAT}.ip6.20010db800000001', '2001:db8:0:1::9', True), ('IPv6 outside its /64', f'{IAT}.ip6.20010db800000001', '2001:db8:0:2::9', False),
        ('IPv6 with the mapped beginning is no network of IPv4', f'{IAT}.ip6.000000000000', '::ffff:192.0.2.7', False),
        ('IPv4 for a link of IPv6', six, '192.0.2.7', False), ('IPv6 for a link of IPv4', four, '2001:db8::1', False),
        ('both: IPv4', both, '192.0.2.200', True), ('both: IPv6', both, '2001:db8:0:1::1', True), ('both: neither', both, '198.51.100.1', False),
        ('no address', four, None, False), ('an empty address', four, '', False), ('no address that can be read', four, 'unknown', False),
        ('an address with a port', four, '192.0.2.7:443', False), ('a short form of IPv4', four, '192.0.519', False),
        ('no network in the link, and no address', IAT, None, True),
    ]
    return [case(what, 'Address', link(terms=text), None if is_valid else NETWORK, address=address) for what, text, address, is_valid in table]


def keys_with_names():
    return [
        case('signed with the first secret', 'Key', link(secret=OTHER_SECRET)),
        case('signed with the second secret', 'Key', link()),
        case('signed with a third secret', 'Key', link(secret='third secret of thirty-two bytes'), INVALID),
        case('kid names the secret that signed', 'Key', link(terms=f'{IAT}.kid.a')),
        case('kid names the first secret, which signed', 'Key', link(terms=f'{IAT}.kid.b', secret=OTHER_SECRET)),
        case('kid names another secret than the one that signed', 'Key', link(terms=f'{IAT}.kid.b'), INVALID),
        case('kid names a secret that is not there', 'Key', link(terms=f'{IAT}.kid.c'), INVALID),
        case('kid is absent', 'Key', link(terms=IAT)),
    ]


def keys_without_names():
    return [
        case('the older secret of two signed', 'Key', link()),
        case('the newer secret of two signed', 'Key', link(secret=OTHER_SECRET)),
        case('both secrets in a row as one', 'Key', link(secret=OTHER_SECRET + SECRET), INVALID),
        case('kid, where no secret has a name', 'Key', link(terms='kid.a')),
    ]


def odd_secrets():
    accents = 'cl\u00e9-tr\u00e8s-secr\u00e8te-de-32-octets-ou-plus'
    digits = '00112233445566778899aabbccddeeff' * 2
    some = bytes(255 - index * 5 for index in range(48))
    secrets = [
        ('a secret beyond ASCII', accents, [('its UTF-8 signed', accents.encode(), True), ('its Latin-1 signed', accents.encode('latin-1'), False)]),
        ('a secret in hexadecimal digits', digits, [('its text signed', digits.encode(), True), ('its decoded bytes signed', bytes.fromhex(digits), False),
                                                    ('its text in capitals signed', digits.upper().encode(), False)]),
        ('a secret of bytes', some, [('the bytes signed', some, True), ('their hexadecimal digits signed', some.hex().encode(), False)]),
        ('a secret with a space at its end', 'k' * 40 + ' ', [('with its space', b'k' * 40 + b' ', True), ('without its space', b'k' * 40, False)]),
        ('a secret of 64 bytes', 'k' * 64, [('the secret of 64 bytes', b'k' * 64, True)]),
        ('a secret of 65 bytes', 'k' * 65, [('the secret of 65 bytes', b'k' * 65, True), ('its first 64 bytes', b'k' * 64, False)]),
    ]
    for comment, secret, signers in secrets:
        known = {'secretHex': secret.hex()} if isinstance(secret, bytes) else {'secret': secret}
        tests = [case(f'{comment}: {what}', 'Key', link(secret=key), None if is_valid else INVALID) for what, key, is_valid in signers]
        yield group(comment, [known], {}, tests)


def ahead():
    return [
        case('iat: 60 seconds ahead', 'Clock Boundary', link(terms=f'iat.{AT + 60}')),
        case('iat: 61 seconds ahead', 'Clock Boundary', link(terms=f'iat.{AT + 61}'), EARLY),
        case('iat: ahead, and later than the expiry', 'Clock', link(terms=f'iat.{EXPIRES + 30}'), at=EXPIRES),
        case('nbf has no such leeway', 'Clock Boundary', link(terms=f'nbf.{AT + 2}'), EARLY),
    ]


def tolerance():
    return [
        case('30 seconds after the expiry', 'Clock Boundary', link(), at=EXPIRES + 30),
        case('31 seconds after the expiry', 'Clock Boundary', link(), EXPIRED, at=EXPIRES + 31),
        case('30 seconds before nbf', 'Clock Boundary', link(terms=f'nbf.{AT + 30}')),
        case('31 seconds before nbf', 'Clock Boundary', link(terms=f'nbf.{AT + 31}'), EARLY),
        case('iat: 90 seconds ahead', 'Clock Boundary', link(terms=f'iat.{AT + 90}')),
        case('iat: 91 seconds ahead', 'Clock Boundary', link(terms=f'iat.{AT + 91}'), EARLY),
    ]


def lifetimes():
    return [
        case('an hour is left', 'Clock Boundary', link(), at=EXPIRES - 3600),
        case('an hour and a second is left', 'Clock Boundary', link(), LIFETIME, at=EXPIRES - 3601),
        case('signed for an hour', 'Clock Boundary', link(terms=IAT), at=EXPIRES - 3600),
        case('signed for an hour and a second, of which little is left', 'Clock Boundary', link(terms=f'iat.{SIGNED_AT - 1}'), LIFETIME),
        case('signed for a day, and expired', 'Clock Precedence', link(terms=f'iat.{EXPIRES - 86400}'), EXPIRED, at=EXPIRES + 1),
        case('signed for a day, for another track', 'Clock Precedence', link(terms=f'iat.{EXPIRES - 86400}.id.track2'), LIFETIME),
        case('signed for a day, from another network', 'Clock Precedence', link(terms=f'iat.{EXPIRES - 86400}.ip4.c00002'), LIFETIME),
        case('time to play on is not part of the life', 'Clock', link(terms=f'{IAT}.ses.86400')),
        case('in milliseconds, and signed so', 'Clock Integer', link(expires=EXPIRES * 1000), LIFETIME),
    ]


def lifetimes_with_tolerance():
    return [
        case('an hour and 30 seconds are left', 'Clock Boundary', link(), at=EXPIRES - 3630),
        case('an hour and 31 seconds are left', 'Clock Boundary', link(), LIFETIME, at=EXPIRES - 3631),
        case('signed for an hour by a clock that is ahead', 'Clock Boundary', link(terms=IAT), at=EXPIRES - 3630),
        case('signed for an hour and a second: the tolerance does not lengthen it', 'Clock Boundary', link(terms=f'iat.{SIGNED_AT - 1}'), LIFETIME),
    ]
