import type { CommandModule } from '../command.ts'

/** What the help needs to know of a command; the rest is loaded when the command runs. */
export interface RegisteredCommand {
  readonly name: string
  /** Its description, identical to that of the command. */
  readonly summary: string
  load(): Promise<CommandModule>
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly RegisteredCommand[] = [
  {
    name: 'run',
    summary: 'guard the open positions of an account',
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'demo',
    summary: 'guard 25 example positions at simulated prices; nothing leaves this machine',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  {
    name: 'init',
    summary: 'read an account at a venue, and write the files that guard it',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'guard',
    summary: 'begin to send the exits of a live account that was observed before',
    load: async () => (await import('./guard.ts')).guardCommand,
  },
  {
    name: 'venue',
    summary: 'measure what an account at a venue proves',
    load: async () => (await import('./venue.ts')).venueCommand,
  },
  {
    name: 'status',
    summary: 'show the health of the running service',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'accounts',
    summary: 'list the accounts of the running service',
    load: async () => (await import('./accounts.ts')).accountsCommand,
  },
  {
    name: 'positions',
    summary: 'list, add, change, exit or release positions',
    load: async () => (await import('./positions.ts')).positionsCommand,
  },
  {
    name: 'why',
    summary: 'explain what each rule of a position would do',
    load: async () => (await import('./why.ts')).whyCommand,
  },
  {
    name: 'kill-switch',
    summary: 'show the kill switch, or move it',
    load: async () => (await import('./kill-switch.ts')).killSwitchCommand,
  },
  {
    name: 'clock',
    summary: 'show the clock that the service uses, or accept a jump of the machine’s',
    load: async () => (await import('./clock.ts')).clockCommand,
  },
  {
    name: 'gateway',
    summary: 'show the calls to the broker, or move a breaker',
    load: async () => (await import('./gateway.ts')).gatewayCommand,
  },
  {
    name: 'holdings',
    summary: 'compare what the venue holds with the positions',
    load: async () => (await import('./holdings.ts')).holdingsCommand,
  },
  {
    name: 'supervision',
    summary: 'show the actors, or restart one',
    load: async () => (await import('./supervision.ts')).supervisionCommand,
  },
  {
    name: 'portfolio',
    summary: 'show the day and its limits, or reset a limit',
    load: async () => (await import('./portfolio.ts')).portfolioCommand,
  },
  {
    name: 'report',
    summary: 'show how long operations take, and how that has changed',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  {
    name: 'metrics',
    summary: 'show what the monitoring cycles have done, or start counting afresh',
    load: async () => (await import('./metrics.ts')).metricsCommand,
  },
  {
    name: 'journal',
    summary: 'show what happened: decisions, orders, and acts of people',
    load: async () => (await import('./journal.ts')).journalCommand,
  },
  {
    name: 'exits',
    summary: 'show exits that are over: price, reason and profit of each',
    load: async () => (await import('./exits.ts')).exitsCommand,
  },
  {
    name: 'mcp',
    summary: 'serve an AI agent over stdio: it may ask and tighten, never loosen',
    load: async () => (await import('./mcp.ts')).mcpCommand,
  },
  {
    name: 'store',
    summary: 'back up what a service keeps, restore it, copy it to another store',
    load: async () => (await import('./store.ts')).storeCommand,
  },
  {
    name: 'replay',
    summary: 'show which exits recorded ticks would have led to',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  {
    name: 'rules',
    summary: 'test a rule of your own: it never loosens, is pure, fast and mirrored',
    load: async () => (await import('./rules.ts')).rulesCommand,
  },
  {
    name: 'broker',
    summary: 'test a broker of your own by the contract that ours keep',
    load: async () => (await import('./broker.ts')).brokerCommand,
  },
  {
    name: 'plugin',
    summary: 'test a plugin of your own by what its kind promises',
    load: async () => (await import('./plugin.ts')).pluginCommand,
  },
  {
    name: 'notify',
    summary: 'send a test message to each channel of the configuration',
    load: async () => (await import('./notify.ts')).notifyCommand,
  },
  {
    name: 'completion',
    summary: 'print the script that completes commands and options in a shell',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  {
    name: 'check',
    summary: 'validate positions, rules and a configuration, and show levels at entry',
    load: async () => (await import('./check.ts')).checkCommand,
  },
]
