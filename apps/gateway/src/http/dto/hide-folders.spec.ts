import { hideFolders } from './hide-folders';

describe('hideFolders', () => {
  it.each([
    [
      "ENOENT: no such file or directory, open '/srv/my cards/100 RECNX/1.jpg'",
      "ENOENT: no such file or directory, open '…/1.jpg'",
    ],
    ['cannot read /srv/cards/1.jpg: truncated', 'cannot read …/1.jpg: truncated'],
    ['/srv/cards is not there', '…/cards is not there'],
    ['copy (/a/b -> /c/d)', 'copy (…/b -> …/d)'],
    ['opening "C:\\pictures\\1.jpg"', 'opening "…/1.jpg"'],
    ['the worker ml-worker@host/1234 stopped renewing', 'the worker ml-worker@host/1234 stopped renewing'],
    ['neither JPEG nor PNG', 'neither JPEG nor PNG'],
    ['read 3/4 of 10/10', 'read 3/4 of 10/10'],
    ['see https://example.org/a/b', 'see https://example.org/a/b'],
  ])('turns %j into %j', (given, expected) => expect(hideFolders(given)).toBe(expected));
});
