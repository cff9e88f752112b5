import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { feedWarnings } from './feed-warnings.ts'
import { missingFiles } from './missing-files.ts'
import { netWarnings } from './net-warnings.ts'
import { sameAccountWarnings } from './same-account.ts'
import { entryWarnings } from './venue-start.ts'

/** Warnings about accounts and their positions that `check` and a start print, one line each. */
export const accountWarnings = (
  config: ServiceConfig,
  entries: readonly PositionEntry[],
): readonly string[] => [
  ...sameAccountWarnings(config),
  ...entryWarnings(config, entries),
  ...feedWarnings(config, entries),
  ...netWarnings(config, entries),
]

/** The warnings about its configuration that a start prints, one line each. */
export const startWarnings = (
  config: ServiceConfig,
  entries: readonly PositionEntry[],
): readonly string[] => [...missingFiles(config), ...accountWarnings(config, entries)]
