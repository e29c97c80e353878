import { prettyLine } from './pretty-line';

it('shows time, service, level, message, error and other fields', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-01-02T12:00:01.000Z',
    service: 'ingest',
    pid: 7,
    attempt: 2,
    err: { message: 'refused', stack: 'long' },
    msg: 'lost the broker',
  });
  expect(prettyLine('ingest', line)).toBe('12:00:01 ingest        warn  lost the broker (refused) attempt=2');
});

it.each(['plain words', '{broken'])('shows %j unchanged', (text) =>
  expect(prettyLine('ingest', text)).toBe(`         ingest        ${text}`),
);
