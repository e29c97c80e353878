import { isDatabaseUnavailable } from './is-database-unavailable';

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('isDatabaseAway', () => {
  it.each([
    ['a refused connection', failure('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' })],
    [
      'a host with two addresses, both refused',
      new AggregateError([failure('x', { code: 'ECONNREFUSED' }), failure('x', { code: 'EHOSTUNREACH' })]),
    ],
    ['a shutdown', failure('terminating connection', { code: '57P01' })],
    ['a start-up', failure('the database system is starting up', { code: '57P03' })],
    ['a statement timeout', failure('canceling statement', { code: '57014' })],
    ['too many connections', failure('sorry', { code: '53300' })],
    ['a deadlock', failure('deadlock detected', { code: '40P01' })],
    ['a cut connection', failure('Connection terminated unexpectedly')],
    ['a pool that has none free', failure('timeout exceeded when trying to connect')],
    ['a silent server', failure('Query read timeout')],
  ])('says yes to %s', (_what, error) => expect(isDatabaseUnavailable(error)).toBe(true));

  it.each([
    ['a violated constraint', failure('duplicate key', { code: '23505' })],
    ['a wrong value', failure('invalid input', { code: '22P02' })],
    ['a wrong statement', failure('syntax error', { code: '42601' })],
    ['a missing file', failure('ENOENT', { code: 'ENOENT', syscall: 'open' })],
    ['a closed socket of something else', failure('EPIPE', { code: 'EPIPE', syscall: 'shutdown' })],
    [
      'two addresses with different faults',
      new AggregateError([failure('x', { code: 'ECONNREFUSED' }), failure('x', { code: '28P01' })]),
    ],
    ['nothing', undefined],
    ['text', 'Connection terminated'],
  ])('says no to %s', (_what, error) => expect(isDatabaseUnavailable(error)).toBe(false));
});
