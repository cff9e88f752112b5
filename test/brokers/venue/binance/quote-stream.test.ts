import { streamRecords } from '../../../support/venues/stream-records.ts'

streamRecords('binance', 'binance-usdm')
