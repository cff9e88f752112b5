import { expect } from 'chai'
import { isNameAt, meantAt } from '../../../src/brokers/venue/notation.ts'

describe('names of instruments at venues', () => {
  it('in another notation get a suggestion', () => {
    for (const name of [
      'BTC/USDT',
      'btcusdt',
      'BTC-USDT-SWAP',
      'BTC/USDT:USDT',
      'btc_usdt',
      'BTC-USDT',
      'BTCUSDT.P',
    ]) {
      expect(meantAt('binance', name), name).to.equal('BTCUSDT')
      expect(meantAt('bybit', name), name).to.equal('BTCUSDT')
    }
    for (const name of ['BTC/USDT', 'btcusdt', 'BTCUSDT', 'BTC/USDT:USDT', 'BTC-USDT', 'BTCUSDT.P'])
      expect(meantAt('okx', name), name).to.equal('BTC-USDT-SWAP')
    expect(meantAt('okx', '1000pepeusdc')).to.equal('1000PEPE-USDC-SWAP')
  })

  it('of the venue itself are left unchanged', () => {
    expect(
      ['BTCUSDT', 'BTCUSDT_261225', '1000SHIBUSDC'].map(each => meantAt('binance', each)),
    ).to.deep.equal([undefined, undefined, undefined])
    expect(['BTCPERP', 'BTC-26DEC26', 'ETHUSDT'].map(each => meantAt('bybit', each))).to.deep.equal(
      [undefined, undefined, undefined],
    )
    expect(['BTC-USDT-SWAP', 'BTC-USD-261225'].map(each => meantAt('okx', each))).to.deep.equal([
      undefined,
      undefined,
    ])
  })

  it('without a possible suggestion are distinguished from those of the venue', () => {
    expect(meantAt('binance', 'gold/eur')).to.equal(undefined)
    expect(isNameAt('binance', 'gold/eur')).to.equal(false)
    expect(isNameAt('binance', 'ACME')).to.equal(true)
    expect(isNameAt('okx', 'ACME')).to.equal(false)
  })
})
