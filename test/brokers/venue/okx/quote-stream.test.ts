import { streamRecords } from '../../../support/venues/stream-records.ts'

streamRecords('okx', 'okx')
