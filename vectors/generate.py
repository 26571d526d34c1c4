#!/usr/bin/env python3
"""Writes sign.json and verify.json, with Python's standard library alone: python3 vectors/generate.py [directory]"""

import json
import os
import sys

# No folder of compiled modules beside the vectors.
sys.dont_write_bytecode = True

from notes import NOTES, notes_of
import sign_cases
import verify_cases

HERE = os.path.dirname(os.path.abspath(__file__))


def write(directory, name, content):
    text = dump(content, '') + '\n'
    with open(os.path.join(directory, name), 'w', encoding='ascii', newline='\n') as file:
        file.write(text)


def dump(value, margin):
    """JSON with one line for each test."""
    is_short = not isinstance(value, (dict, list)) or (isinstance(value, dict) and 'tcId' in value)
    if is_short or not any(isinstance(each, (dict, list)) for each in values_of(value)):
        return json.dumps(value)
    inner = margin + '  '
    marks = '{}' if isinstance(value, dict) else '[]'
    keys = [f'{json.dumps(key)}: ' for key in value] if isinstance(value, dict) else [''] * len(value)
    lines = [f'{inner}{key}{dump(each, inner)}' for key, each in zip(keys, values_of(value))]
    return f'{marks[0]}\n' + ',\n'.join(lines) + f'\n{margin}{marks[1]}'


def values_of(value):
    return list(value.values()) if isinstance(value, dict) else value


def check(tests):
    for test in tests:
        assert all(flag in NOTES for flag in test['flags']), test
    assert len({test['comment'] for test in tests}) == len(tests), 'Two tests have the same comment'


def make_sign():
    tests = [sign_cases.solve(number, *case) for number, case in enumerate(sign_cases.cases(), 1)]
    check(tests)
    # Signers that sort pairs and those that sort names must come to the same text.
    assert all(sorted(pairs) == sorted(pairs, key=lambda pair: pair[0]) for pairs in
               (test['input']['terms'] for test in tests))
    # A language without a parser of JSON can split such a line at its quotation marks.
    assert not any(set('"\\') & set(text) for test in tests for text in strings(test['input']))
    return {'schema': 'sign.schema.json', 'numberOfTests': len(tests), 'notes': notes_of(tests), 'tests': tests}


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in values_of(value):
            yield from strings(each)


def make_verify():
    groups = verify_cases.groups()
    tests = [test for group in groups for test in group['tests']]
    for number, test in enumerate(tests, 1):
        test['tcId'] = number
    check(tests)
    for group in groups:
        verify_cases.check(group)
    return {'schema': 'verify.schema.json', 'numberOfTests': len(tests), 'notes': notes_of(tests), 'testGroups': groups}


if __name__ == '__main__':
    target = sys.argv[1] if len(sys.argv) > 1 else HERE
    write(target, 'sign.json', make_sign())
    write(target, 'verify.json', make_verify())
