import type { Command } from 'commander'

/** Shells that a completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** An option of a command. */
interface Flag {
  /** `--format`; a short one has its own entry. */
  readonly name: string
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

/** What can follow the words of a command, such as `positions add`; the root has no words. */
interface Place {
  readonly at: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly flags: readonly Flag[]
  /** Words that each argument may be; none: any, such as a file or an id. */
  readonly arguments: readonly (readonly string[])[]
}

const PROGRAM = 'watchkeeper'

/** The script that completes every command, option and fixed value of the program in a shell. */
export function completionScript(root: Command, shell: Shell): string {
  const places = placesOf(root, '', flagsOf(root))
  switch (shell) {
    case 'bash':
      return bashScript(places)
    case 'zsh':
      return zshScript(places)
    case 'fish':
      return fishScript(places)
  }
}

/** A command and all below it. Global options stand at each place. */
function placesOf(command: Command, at: string, global: readonly Flag[]): Place[] {
  const { commands } = command
  const fallback = commands.find(each => each.name() === defaultName(command))
  const own = at === '' ? [] : flagsOf(command)
  const flags = [...own, ...(fallback === undefined ? [] : flagsOf(fallback)), ...global]
  const shown = commands.map(each => ({ name: each.name(), description: each.description() }))
  const place: Place = {
    at,
    commands: at === '' ? [...shown, HELP] : shown,
    flags: unique(flags),
    arguments: command.registeredArguments.map(({ argChoices = [] }) => argChoices),
  }
  const below = commands.flatMap(each => placesOf(each, `${at} ${each.name()}`.trim(), global))
  return [place, ...below]
}

const HELP = { name: 'help', description: 'show the options of a command, with examples' }

/** The command that runs where no subcommand is named; commander has no public name for it. */
const defaultName = (command: Command): unknown => Reflect.get(command, '_defaultCommandName')

const unique = (flags: readonly Flag[]): readonly Flag[] => [
  ...new Map(flags.map(flag => [flag.name, flag])).values(),
]

const flagsOf = (command: Command): Flag[] => [
  ...command.options.flatMap(({ short, long, description, required, optional, argChoices }) =>
    [short, long].flatMap(name =>
      name === undefined || name === null
        ? []
        : [{ name, description, takesValue: required || optional, choices: argChoices ?? [] }],
    ),
  ),
  { name: '--help', description: 'show the options', takesValue: false, choices: [] },
]

/** A pattern of `case`: the words of a place, a bar, and what stands there. */
const key = (at: string, word: string | number): string => `'${at}|${word}'`

const ownKeys = (places: readonly Place[], wordsOf: (place: Place) => readonly string[]): string =>
  places.flatMap(place => wordsOf(place).map(word => key(place.at, word))).join(' | ')

const valueFlags = ({ flags }: Place): string[] =>
  flags.filter(({ takesValue }) => takesValue).map(({ name }) => name)

const nextCommands = ({ commands }: Place): string[] =>
  commands.map(({ name }) => name).filter(name => name !== HELP.name)

/**
 * A function for bash and zsh: prints what may follow the words that it is given, a line each. Nothing is printed
 * where a file or a name of the user's own stands.
 */
function candidates(places: readonly Place[]): string {
  const words = (at: string, list: readonly string[]): string =>
    `    ${at}) printf '%s\\n' ${list.join(' ')} ;;`
  const values = places.flatMap(({ at, flags }) =>
    flags
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, choices }) => words(key(at, name), choices)),
  )
  const fixed = places.flatMap(({ at, arguments: all }) =>
    all.flatMap((choices, index) => (choices.length === 0 ? [] : [words(key(at, index), choices)])),
  )
  const rest = places.map(({ at, commands, flags }) =>
    words(`'${at}'`, [...commands.map(({ name }) => name), ...flags.map(({ name }) => name)]),
  )
  return `_${PROGRAM}_candidates() {
  local at='' value='' before='' count=0 word
  for word in "$@"; do
    if [ -n "$value" ]; then value=''; continue; fi
    case "$at|$word" in
    ${ownKeys(places, valueFlags)})
      value=1; before=$word; continue ;;
    ${ownKeys(places, nextCommands)})
      at="\${at:+$at }$word"; count=0; continue ;;
    esac
    case "$word" in -*) ;; *) count=$((count + 1)) ;; esac
  done
  if [ -n "$value" ]; then
    case "$at|$before" in
${values.join('\n')}
    esac
    return
  fi
  case "$at|$count" in
${fixed.join('\n')}
  esac
  case "$at" in
${rest.join('\n')}
  esac
}`
}

const bashScript = (places: readonly Place[]): string => `# bash completion of ${PROGRAM}
${candidates(places)}
_${PROGRAM}() {
  local cur=\${COMP_WORDS[COMP_CWORD]}
  local found
  found=$(_${PROGRAM}_candidates "\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=($(compgen -W "$found" -- "$cur"))
}
complete -o default -F _${PROGRAM} ${PROGRAM}
`

const zshScript = (places: readonly Place[]): string => `#compdef ${PROGRAM}
${candidates(places)}
_${PROGRAM}() {
  local -a found
  found=(\${(f)"$(_${PROGRAM}_candidates "\${(@)words[2,CURRENT-1]}")"})
  (( $#found )) && compadd -a found
  _files
}
compdef _${PROGRAM} ${PROGRAM}
`

/** A text between single quotes of fish. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ at, commands, flags, arguments: all }) => {
    const start = `complete -c ${PROGRAM} -n ${quoted(`__${PROGRAM}_at "${at}"`)}`
    const choices = [...new Set(all.flat())]
    return [
      ...commands.map(
        ({ name, description }) => `${start} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...(choices.length === 0 ? [] : [`${start} -f -a ${quoted(choices.join(' '))}`]),
      ...flags.map(({ name, description, takesValue, choices: values }) => {
        const flag = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
        const value = values.length === 0 ? '-r' : `-x -a ${quoted(values.join(' '))}`
        return [start, flag, ...(takesValue ? [value] : []), '-d', quoted(description)].join(' ')
      }),
    ]
  })
  return `# fish completion of ${PROGRAM}
function __${PROGRAM}_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at|$word"
      case ${ownKeys(places, nextCommands).replaceAll(' | ', ' ')}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`
}
