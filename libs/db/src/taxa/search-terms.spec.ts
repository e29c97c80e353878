import { searchTermsOf } from './search-terms';

describe('searchTermsOf', () => {
  it.each([
    ['Vulpes vulpes', ['vulpes']],
    ["Swainson's hawk", ['swainson', 's', 'hawk']],
    ['Felis silvestris/catus', ['felis', 'silvestris', 'catus']],
    ['ÖLKÄFER (groß)', ['ölkäfer', 'groß']],
    // A precomposed letter, and a letter with a combining mark.
    ['o\u0308re', ['öre']],
    ['Рысь', ['рысь']],
    ['sp. 2', ['sp', '2']],
    ["'; drop:* & | ! \\", ['drop']],
    ['--', []],
  ])('%s', (text, terms) => expect(searchTermsOf(text)).toEqual(terms));
});
