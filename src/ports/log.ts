/** How urgent a line of the log is, most urgent first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Which part of the service a line of the log is about; levels are set by component. */
export const LOG_COMPONENTS = ['exits', 'positions', 'supervision', 'service'] as const
export type LogComponent = (typeof LOG_COMPONENTS)[number]
