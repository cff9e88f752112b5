import { Argument } from 'commander'
import type { CommandModule } from '../command.ts'
import { completionScript, SHELLS, type Shell } from '../completion.ts'

const EXAMPLES = `
Examples:
  $ watchkeeper completion bash > ~/.local/share/bash-completion/completions/watchkeeper
  $ watchkeeper completion zsh > ~/.zfunc/_watchkeeper
  $ watchkeeper completion fish > ~/.config/fish/completions/watchkeeper.fish`

/** `watchkeeper completion`: prints the script by which a shell completes command lines. */
export const completionCommand: CommandModule = {
  add(program, { stdout }) {
    program
      .command('completion')
      .description('print the script that completes commands and options in a shell')
      .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
      .addHelpText('after', EXAMPLES)
      .action((shell: Shell) => void stdout.write(completionScript(program, shell)))
  },
}
