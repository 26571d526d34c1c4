/**
 * Members that come and go with each response, in the order in which they came. A `Set` would cost more than the response
 * of a small range: whenever its table is full of members that have gone, V8 makes another, and from an old table on, each
 * keeps the next one and all that it held until all memory is collected.
 */
export class Roster<Member> {
  #first: RosterEntry<Member> | undefined
  #last: RosterEntry<Member> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @returns its entry, for {@link remove} */
  add(member: Member): RosterEntry<Member> {
    const entry: RosterEntry<Member> = { member, isListed: true, previous: this.#last, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#size++
    return entry
  }

  /** @returns whether its member was still there */
  remove(entry: RosterEntry<Member> | undefined): boolean {
    if (entry?.isListed !== true) return false
    const { previous, next } = entry
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    entry.isListed = false
    entry.previous = undefined
    entry.next = undefined
    this.#size--
    return true
  }

  /** Those that are there now; some may go while they are looked at. */
  all(): readonly Member[] {
    const members: Member[] = []
    for (let entry = this.#first; entry !== undefined; entry = entry.next) members.push(entry.member)
    return members
  }

  /** Removes the one that came first. */
  shift(): Member | undefined {
    const entry = this.#first
    if (entry !== undefined) this.remove(entry)
    return entry?.member
  }
}

/** Only its roster changes it. */
export interface RosterEntry<Member> {
  readonly member: Member
  isListed: boolean
  previous: RosterEntry<Member> | undefined
  next: RosterEntry<Member> | undefined
}
