import { describe, expect, it } from 'vitest'
import { pretty } from '../src/cabinet/parts/pretty'

describe('what came from outside is shown as it is read', () => {
  it.each([
    ['{"a":1}', '{\n  "a": 1\n}'],
    ['{"a":1', '{"a":1'],
    ['leads%5Badd%5D%5B0%5D%5Bname%5D=%D0%9B%D0%B8%D0%B4+1&token=[hidden]', 'leads[add][0][name]=Лид 1\ntoken=[hidden]'],
    // Cut off within a sign.
    ['a=1&name=%D0', 'a=1\nname=%D0'],
    ['1 + 1 = 2', '1 + 1 = 2'],
    ['привет', 'привет'],
    ['', ''],
  ])('%s', (came, shown) => expect(pretty(came)).toBe(shown))
})
