import { describe, expect, it } from 'vitest'
import { normaliseIp, inAnyNotation, ipNetwork } from '../../src/http/client/client-ip.js'

describe('the client’s IP address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:443', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['"192.0.2.7:443"', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['for=192.0.2.7', '192.0.2.7'],
    ['For="[2001:DB8::1]:443"', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]:_port', '2001:db8::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1:443', '2001:db8::1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7:443', '192.0.2.7'],
    ['[::ffff:192.0.2.7]:443', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['::ffff:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:0207', '192.0.2.7'],
    ['[::ffff:c000:0207]:443', '192.0.2.7'],
    ['::ffff:0:192.0.2.7', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '192.0.2.7'],
    ['::1', '::1'],
  ])('is read from %s', (text, ip) => {
    expect(normaliseIp(text)).toBe(ip)
  })

  it.each([
    '',
    'unknown',
    '_hidden',
    '192.0.2',
    '192.0.2.7:',
    '192.0.2.256',
    '[192.0.2',
    'localhost',
    '::ffff:999.1.1.1',
  ])('is unknown if it is %j', (text) => {
    expect(normaliseIp(text)).toBeNull()
    expect(ipNetwork(text)).toBe('unknown')
  })

  it('belongs to the same network in every notation', () => {
    const notations = [
      '2001:db8:0:7::1',
      '[2001:DB8:0:7::2]:9',
      '2001:db8:0:7:ffff:ffff:ffff:ffff',
      '2001:0db8::7:0:0:0:3%1',
    ]
    expect(new Set(notations.map(ipNetwork))).toEqual(new Set(['2001:db8:0:7::/64']))
  })

  it('is recognised as a trusted proxy in every notation', () => {
    const trusts = inAnyNotation((ip) => ip === '10.0.0.1')
    expect(['10.0.0.1', '10.0.0.1:80', '::ffff:a00:1'].map((ip) => trusts(ip, 0))).toEqual([true, true, true])
    expect(trusts('10.0.0.2:80', 0)).toBe(false)
  })
})
