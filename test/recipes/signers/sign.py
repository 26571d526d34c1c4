# Signs links: reads a line of JSON for each, and writes its URL.
import hashlib, hmac, json, sys
from urllib.parse import quote

# [signer]
def sign(secret, base, id, expires, terms=()):
    t = '.'.join(f'{name}.{value}' for name, value in sorted(terms))
    several = any(name in ('id', 'pre', 'in') for name, _ in terms)
    text = f'{"*" if several else id}|{expires}' + (f'|{t}' if t else '')
    sig = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    query = f'expires={expires}' + (f'&terms={quote(t)}' if t else '') + f'&sig={sig}'
    return f'{base}/{quote(id)}?{query}'
# [/signer]

for line in sys.stdin:
    given = json.loads(line)
    print(sign(given['secret'], given['baseUrl'], given['id'], given['expires'], given['terms']))
