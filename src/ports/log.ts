/** How urgent a line of the log is, most urgent first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The part of the service that a log line is about; log levels are set by component. */
export const LOG_COMPONENTS = ['exits', 'positions', 'supervision', 'service'] as const
export type LogComponent = (typeof LOG_COMPONENTS)[number]
