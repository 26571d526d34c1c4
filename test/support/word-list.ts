/** Words that prose does not use, because plain English has better ones, and the few sentences that need them. */
interface Word {
  readonly found: RegExp
  readonly say: string
}

/** Patterns are per line or sentence, after code is taken out. */
export const WORDS: readonly Word[] = [
  { found: /\b(?:judge[sd]?|judging)\b/i, say: 'validates, checks' },
  { found: /\b(?:tells|told|telling)\b/i, say: 'emits, reports, notifies, logs' },
  { found: /\bturn(?:s|ed)? away\b/i, say: 'rejects, refuses with a status' },
  { found: /\bwhoever\b/i, say: 'client, listener, everybody who' },
  { found: /\bwho(?:ever)? asks\b/i, say: 'client' },
  { found: /\b(?:is|are|was|were|it) asked\b|\basked for\b/i, say: 'requested, called' },
  { found: /\banswer(?:s|ed|ing)?\b/i, say: 'response, responds' },
  { found: /\breaders?\b/i, say: 'client' },
  { found: /\b(?:is|are|was|were|be|been) cut\b|\bcuts?\b/i, say: 'disconnected, closes the connection' },
  { found: /\banew\b/i, say: 'again, renews' },
  { found: /\bunder way\b/i, say: 'in progress' },
  { found: /\b(?:dies|dead|outlive[sd]?)\b/i, say: 'expires, has expired' },
  { found: /\bits business\b/i, say: 'known limit, out of scope' },
  { found: /\bknows? no\b|\bby no\b/i, say: 'does not, cannot' },
  { found: /\bdearer\b|\bspends? nothing\b/i, say: 'costs, saves, with a unit' },
  { found: /\bfor want of\b/i, say: 'without' },
  { found: /\balike\b/i, say: 'the same, and the like' },
  // As a condition: "304 where the file is older". A place begins a sentence, or is an exception.
  {
    found: /\bwhere (?:a|an|the|it|that|there|no|nobody|one|many|some|something|nothing|only|your?)\b/,
    say: 'if, when',
  },
]

/** Sentences in which a word has another meaning than the one that the list replaces. */
export const EXCEPTIONS: readonly { readonly text: string; readonly why: string }[] = [
  { text: 'where the tracks are', why: 'a place' },
  { text: 'know where the router belongs', why: 'a place' },
]
