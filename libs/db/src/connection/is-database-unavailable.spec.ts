import { isDatabaseUnavailable } from './is-database-unavailable';

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('isDatabaseUnavailable', () => {
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
    ['an exhausted pool', failure('timeout exceeded when trying to connect')],
    ['a server that does not respond', failure('Query read timeout')],
  ])('returns true for %s', (_what, error) => expect(isDatabaseUnavailable(error)).toBe(true));

  it.each([
    ['a constraint violation', failure('duplicate key', { code: '23505' })],
    ['an invalid value', failure('invalid input', { code: '22P02' })],
    ['a syntax error', failure('syntax error', { code: '42601' })],
    ['a missing file', failure('ENOENT', { code: 'ENOENT', syscall: 'open' })],
    ['a closed socket of another service', failure('EPIPE', { code: 'EPIPE', syscall: 'shutdown' })],
    [
      'two addresses with different errors',
      new AggregateError([failure('x', { code: 'ECONNREFUSED' }), failure('x', { code: '28P01' })]),
    ],
    ['nothing', undefined],
    ['text', 'Connection terminated'],
  ])('returns false for %s', (_what, error) => expect(isDatabaseUnavailable(error)).toBe(false));
});
