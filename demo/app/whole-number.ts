/** A whole number from 1 to `max`, in its shortest form; undefined for anything else. */
export function parseWhole(value: unknown, max: number): number | undefined {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,4}$/.test(value)) return undefined
  return Number(value) <= max ? Number(value) : undefined
}
