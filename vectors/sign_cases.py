"""What a signer is given, and what it must make of it."""

from common import BASE, EXPIRES, SECRET, album_of, encoded_name
import reference

SIGNED_AT = str(EXPIRES - 3600)


def cases():
    """Yields (comment, flags, input)."""
    yield from plain()
    yield from secrets()
    yield from with_terms()
    yield from albums()


def given(id='track1', expires=EXPIRES, terms=(), secret=SECRET, base=BASE):
    return {'secret': secret, 'baseUrl': base, 'id': id, 'expires': expires, 'terms': [list(pair) for pair in terms]}


def plain():
    yield 'the example of the README', ['Plain'], given()
    yield 'an id of one letter', ['Plain', 'Boundary'], given('a')
    yield 'an id of punctuation alone', ['Plain'], given('-_-')
    yield 'an id that looks like an expiry', ['Plain', 'Confusion'], given(str(EXPIRES))
    yield 'an id of digits with leading zeros', ['Plain', 'Integer'], given('007')
    yield 'an id of 512 letters', ['Plain', 'Boundary'], given('x' * 512)
    yield 'an expiry that needs more than 31 bits', ['Plain', 'Integer'], given(expires=2**31)
    yield 'an expiry that needs more than 32 bits', ['Plain', 'Integer'], given(expires=2**32)
    yield 'the last expiry that is not taken for milliseconds', ['Plain', 'Integer'], given(expires=10**11)
    yield 'a mount path in place of a URL', ['Plain'], given(base='/stream')
    yield 'a URL with a port and two segments', ['Plain'], given(base='http://localhost:8082/media/stream')
    yield 'an id with composed accents: UTF-8 is signed, and percent-encoded in the path', ['Unicode'], given('\u00e9t\u00e9_2026')
    yield 'the same id with decomposed accents: another id', ['Unicode'], given('e\u0301te\u0301_2026')
    yield 'an id in Cyrillic', ['Unicode'], given('\u043f\u0435\u0441\u043d\u044f')
    yield 'an id in Chinese', ['Unicode'], given('\u6b4c\u66f2')
    yield 'an id in Hindi, with vowel signs', ['Unicode'], given('\u0917\u0940\u0924\u093e')
    yield 'an id of Arabic digits', ['Unicode', 'Integer'], given('\u0663\u0667')
    yield 'an id of letters outside the basic plane', ['Unicode'], given('\U0001d49c\U00010437')


def secrets():
    yield 'a secret in hexadecimal digits, which is not decoded', ['Key'], given(secret='00112233445566778899aabbccddeeff' * 2)
    yield 'a secret in base64, which is not decoded', ['Key'], given(secret='c2VjcmV0IG9mIHRoaXJ0eSB0d28gYnl0ZXMgb3IgbW9yZQ==')
    yield 'a secret beyond ASCII: its UTF-8 is the key', ['Key', 'Unicode'], given(secret='cl\u00e9-tr\u00e8s-secr\u00e8te-de-32-octets-ou-plus')
    yield 'a secret of 64 bytes, the block of the hash', ['Key', 'Boundary'], given(secret='k' * 64)
    yield 'a secret of 65 bytes, which HMAC hashes first', ['Key', 'Boundary'], given(secret='k' * 65)
    yield 'a secret of 131 bytes', ['Key', 'Boundary'], given(secret='secret-' * 18 + 'bytes')
    yield 'a secret that begins and ends with a space', ['Key'], given(secret=' a secret with spaces around it, kept ')
    yield 'a secret that a shell or a format would change', ['Key'], given(secret='$HOME %s %d `id` * ? ~ & ; | < > # !!')


def with_terms():
    yield 'the example of docs/links.md', ['Terms'], given(terms=[
        ('iat', SIGNED_AT), ('jti', 'Zk3x9QwT'), ('ses', '14400'), ('sub', 'u42')])
    yield 'the time of signing alone', ['Terms'], given(terms=[('iat', SIGNED_AT)])
    yield 'terms in another order: names ascend in the signed text', ['Terms', 'Order'], given(terms=[
        ('sub', 'u42'), ('ses', '14400'), ('jti', 'Zk3x9QwT'), ('iat', SIGNED_AT)])
    yield 'a limit of listeners, and one of streams', ['Terms'], given(terms=[
        ('uses', '3'), ('streams', '1'), ('jti', 'L1'), ('iat', SIGNED_AT)])
    yield 'not before a time', ['Terms'], given(terms=[('nbf', SIGNED_AT), ('iat', SIGNED_AT)])
    yield 'a link id that looks like a number, kept as text', ['Terms', 'Integer'], given(terms=[('jti', '007'), ('iat', SIGNED_AT)])
    yield 'a link id that begins with dashes', ['Terms'], given(terms=[('iat', SIGNED_AT), ('jti', '--_-')])
    yield 'the name of a secret', ['Terms', 'Key'], given(terms=[('kid', '2026b'), ('iat', SIGNED_AT)])
    yield 'networks of both families', ['Terms', 'Address'], given(terms=[
        ('ip6', '20010db80000'), ('ip4', 'c00002'), ('iat', SIGNED_AT)])
    yield 'a name for downloads', ['Terms', 'Unicode'], given(terms=[
        ('as', encoded_name('\u00c9t\u00e9 2026.mp3')), ('iat', SIGNED_AT)])
    yield 'a listener beyond ASCII: percent-encoded in the query, not in the signed text', ['Terms', 'Unicode'], given(terms=[
        ('iat', SIGNED_AT), ('sub', '\u00e9l\u00e8ve_\U00010437')])
    yield 'terms for an id beyond ASCII', ['Terms', 'Unicode'], given('\u6b4c\u66f2', terms=[('iat', SIGNED_AT), ('sub', 'u42')])
    every = [('uses', '9999'), ('sub', 'u42'), ('streams', '99'), ('ses', '86400'), ('nbf', '0'), ('kid', 'a'),
             ('jti', 'A' * 32), ('ip6', '20010db800000001'), ('ip4', 'c0000207'), ('iat', SIGNED_AT), ('as', 'YQ')]
    yield 'every term that is no album', ['Terms', 'Order'], given(terms=every)


def albums():
    yield 'three tracks: an asterisk is signed in place of the id', ['Album'], given('b', terms=[
        ('id', 'a'), ('id', 'b'), ('id', 'c'), ('iat', SIGNED_AT)])
    yield 'a list of one track is an album, too', ['Album'], given('a', terms=[('iat', SIGNED_AT), ('id', 'a')])
    yield 'a prefix', ['Album'], given('album1-02', terms=[('pre', 'album1-'), ('iat', SIGNED_AT)])
    yield 'a set of the app', ['Album'], given('track1', terms=[('in', 'summer'), ('iat', SIGNED_AT)])
    yield 'all three, and names that differ late: iat, id, in, ip4', ['Album', 'Order'], given('track1', terms=[
        ('pre', 'album1-'), ('ip4', 'c0000207'), ('in', 'summer'), ('id', 'track1'), ('iat', SIGNED_AT)])
    yield 'tracks beyond ASCII', ['Album', 'Unicode'], given('\u6b4c', terms=[('iat', SIGNED_AT), ('id', '\u66f2'), ('id', '\u6b4c')])
    yield 'terms of 512 characters', ['Album', 'Boundary'], given('t01', terms=album_of(512, SIGNED_AT))


def solve(number, comment, flags, data):
    pairs = data['terms']
    text = reference.text_to_sign(data['id'], data['expires'], pairs)
    sig = reference.mac(data['secret'].encode(), text)
    terms = reference.join_terms(pairs)
    url = reference.link(data['baseUrl'], data['id'], data['expires'], terms, sig)
    return {'tcId': number, 'comment': comment, 'flags': flags, 'input': data, 'signedText': text, 'sig': sig, 'url': url}
