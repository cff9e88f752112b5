import { streamRecords } from '../../../support/venues/stream-records.ts'

streamRecords('bybit', 'bybit')
