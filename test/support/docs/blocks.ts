import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the clone. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** The pages that readers follow, by their paths in the clone. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
  'skills/watchkeeper/SKILL.md',
]

/** One fenced block of a page. */
export interface Block {
  readonly page: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** The heading above it. */
  readonly heading: string
  /** First word after the fence; empty where there is none. */
  readonly language: string
  /** Second word after the fence: the file that the reader saves it as. */
  readonly file: string | undefined
  /** Without the indentation of the fence. */
  readonly text: string
}

/** One command of a block, and what the block shows of its output. */
export interface Example {
  readonly block: Block
  /** With its continuation lines. */
  readonly command: string
  /** Undefined: the page shows none. */
  readonly output: string | undefined
}

const FENCE = /^( *)```(\S*)(?: +(\S+))?$/

/** The fenced blocks of a page, in order. Throws where one has no end. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n')
  const blocks: Block[] = []
  let heading = ''
  for (let at = 0; at < lines.length; at++) {
    heading = /^#+ (.*)/.exec(lines[at]!)?.[1] ?? heading
    const [, indentation, language, file] = FENCE.exec(lines[at]!) ?? []
    if (indentation === undefined) continue
    const end = lines.indexOf(`${indentation}\`\`\``, at + 1)
    if (end === -1) throw new Error(`${page}:${at + 1}: the block has no end`)
    const inside = lines.slice(at + 1, end).map(line => line.slice(indentation.length))
    blocks.push({ page, line: at + 1, heading, language: language!, file, text: inside.join('\n') })
    at = end
  }
  return blocks
}

/**
 * The commands of a block. In a `console` block a command follows `$ ` and its output follows it;
 * in a `sh` block every line is one. A command continues after a backslash and within quotes.
 */
export function examplesOf(block: Block): Example[] {
  const isConsole = block.language === 'console'
  const lines = block.text.split('\n')
  const examples: { block: Block; command: string; output: string | undefined }[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (isConsole && !line.startsWith('$ ')) {
      const example = examples.at(-1)
      if (example === undefined) throw new Error(`${placeOf(block)}: output before a command`)
      example.output = example.output === undefined ? line : `${example.output}\n${line}`
      continue
    }
    if (!isConsole && line.startsWith('$ '))
      throw new Error(`${placeOf(block)}: a prompt belongs in a block of the language console`)
    let command = isConsole ? line.slice(2) : line
    while (isOpen(command) && at + 1 < lines.length) command += `\n${lines[++at]}`
    if (command.trim() !== '') examples.push({ block, command, output: undefined })
  }
  return examples
}

/** `page:line` of a block. */
export const placeOf = ({ page, line }: Block): string => `${page}:${line}`

/** Whether the shell would ask for another line. */
function isOpen(command: string): boolean {
  const bare = command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/gs, '')
  return /['"]|\\$/.test(bare.replace(/\s#.*$/s, ''))
}
