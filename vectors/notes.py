"""What the flags of tests mean. The types of bugs are those of Wycheproof."""

RFC3986 = 'https://www.rfc-editor.org/rfc/rfc3986#section-2.1'
RFC2104 = 'https://www.rfc-editor.org/rfc/rfc2104#section-3'
DOCS = 'docs/links.md'

NOTES = {
    'Plain': ('BASIC', 'A link of the first form: an id and an expiry, and nothing else.', [DOCS]),
    'Terms': ('BASIC', 'A link of the second form, with terms.', [DOCS]),
    'Album': ('AUTH_BYPASS', 'A link that opens several tracks, signed with an asterisk in place of the id. '
              'A verifier that confuses it with a link to one track opens the wrong ones.', [DOCS]),
    'Downgrade': ('AUTH_BYPASS', 'Terms were removed, added, emptied or repeated after signing, so that a link would allow more.', [DOCS]),
    'Grammar': ('MODIFIED_PARAMETER', 'Terms outside the grammar, with a correct signature over the text as it stands. '
                'A verifier that accepts two spellings accepts what its signer did not mean.', [DOCS]),
    'Integer': ('EDGE_CASE', 'Numbers that parsers of integers accept or round: signs, zeros, exponents, other digits, 2^53.', [DOCS]),
    'SigText': ('MODIFIED_PARAMETER', 'A signature in another spelling than 64 lower-case hexadecimal digits.', [DOCS]),
    'QueryShape': ('AUTH_BYPASS', 'Repeated, bracketed, reordered or foreign parameters, of which parsers of queries make different things.', [DOCS]),
    'Boundary': ('EDGE_CASE', 'The last value that is allowed, or the first that is not.', [DOCS]),
    'Clock': ('MISSING_STEP', 'What a link allows at a time.', [DOCS]),
    'Address': ('MISSING_STEP', 'A link that names the network of the client.', [DOCS]),
    'Key': ('MISSING_STEP', 'Several secrets, their names, and secrets of any bytes.', [DOCS, RFC2104]),
    'Unicode': ('CAN_OF_WORMS', 'Letters beyond ASCII. The UTF-8 is signed as it stands: nothing is normalised.', [DOCS]),
    'Confusion': ('AUTH_BYPASS', 'A text that was signed for one purpose is presented for another.', [DOCS]),
    'Order': ('EDGE_CASE', 'Names ascend. The order among several ids is free: languages sort by UTF-16, by bytes or by code points.', [DOCS]),
    'Spelling': ('CAN_OF_WORMS', 'Percent-encoding of characters that need none. Values are decoded once.', [DOCS, RFC3986]),
    'Precedence': ('EDGE_CASE', 'Several checks fail. The first in the order of docs/links.md gives the code.', [DOCS]),
}


def notes_of(tests):
    """The notes of the flags that `tests` have."""
    used = {flag for test in tests for flag in test['flags']}
    return {
        flag: {'bugType': kind, 'description': description, 'links': links}
        for flag, (kind, description, links) in NOTES.items() if flag in used
    }
