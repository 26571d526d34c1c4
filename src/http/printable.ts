/** Placeholder until merged. */
export function printable(text: string, maxLength: number): string {
  return text.slice(0, maxLength)
}
