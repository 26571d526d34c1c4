"""What the cases of both files share."""

import base64

SECRET = '0123456789abcdef0123456789abcdef'
BASE = 'https://api.example.com/stream'
EXPIRES = 1609459200


def encoded_name(name):
    """The value of `as`."""
    data = name if isinstance(name, bytes) else name.encode()
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def album_of(length, signed_at):
    """Terms of exactly `length` characters, with up to 40 tracks whose ids ascend."""
    pairs = [('iat', signed_at)]
    room = length - len(f'iat.{signed_at}')
    count = 39
    for index in range(1, count + 1):
        pairs.append(('id', f't{index:02}'))
        room -= len('.id.t01')
    last = room - len('.id.')
    return pairs + [('id', 'z' * last)]
