import { belongsTo, isRunning, parseStat, processFacts } from './process-facts';

describe('belongsTo', () => {
  it('recognises a server by a folder on its command line', () => {
    const facts = {
      commandLine: '/usr/lib/postgresql/15/bin/postgres -D /srv/a/.pugmark/main/postgres/data -c port=20001',
      folder: null,
    };
    expect(belongsTo(facts, '/srv/a/.pugmark/main/postgres')).toBe(true);
    expect(belongsTo(facts, '/srv/a/.pugmark/main/postgres/data')).toBe(true);
  });

  it('recognises a server that has overwritten its command line by its current folder', () => {
    expect(
      belongsTo(
        { commandLine: 'redis-server 127.0.0.1:20002', folder: '/srv/a/.pugmark/main/redis' },
        '/srv/a/.pugmark/main/redis',
      ),
    ).toBe(true);
  });

  it('does not match a folder whose name only starts the same', () => {
    expect(belongsTo({ commandLine: 'postgres -D /srv/a/main2/data', folder: '/srv/a/main2' }, '/srv/a/main')).toBe(
      false,
    );
  });

  it('does not match another server whose process id was reused', () => {
    expect(
      belongsTo(
        { commandLine: 'postgres -D /var/lib/postgresql/15/main', folder: '/var/lib/postgresql/15/main' },
        '/srv/a/main/postgres',
      ),
    ).toBe(false);
  });
});

describe('parseStat', () => {
  it('parses state and start when the name contains brackets and spaces', () => {
    const rest = Array.from({ length: 19 }, (_, index) => String(index)).join(' ');
    expect(parseStat(`42 (odd) name) S ${rest} 100`)).toEqual({ state: 'S', start: '18' });
  });
});

it('finds this process, and none for an invalid id', () => {
  expect(processFacts(process.pid)?.commandLine).toContain('node');
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(0)).toBe(false);
  expect(isRunning(2 ** 22 + 1)).toBe(false);
});
