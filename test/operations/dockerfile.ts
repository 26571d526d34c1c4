/** Reads as much of a Dockerfile as ours has, so that its steps can be taken where there is no Docker. */

export interface Stage {
  /** The image or the stage that it starts from. */
  readonly from: string
  readonly instructions: readonly Instruction[]
}

export interface Instruction {
  /** In capitals. */
  readonly name: string
  readonly text: string
}

export function parseDockerfile(content: string): readonly Stage[] {
  const lines = content
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line !== '')
  const stages: { from: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (name === '') throw new Error(`Cannot read the Dockerfile: ${line}`)
    if (name === 'FROM') stages.push({ from: text.replace(/ AS .*$/, ''), instructions: [] })
    else stages.at(-1)?.instructions.push({ name, text })
  }
  return stages
}

/** The texts of the instructions of one name. */
export function textsOf(stage: Stage | undefined, name: string): readonly string[] {
  return (stage?.instructions ?? []).filter(step => step.name === name).map(({ text }) => text)
}
