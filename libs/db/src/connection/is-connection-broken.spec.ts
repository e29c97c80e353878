import { isConnectionBroken } from './is-connection-broken';

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('isConnectionBroken', () => {
  it.each([
    ['a shutdown', failure('terminating connection', { code: '57P01' })],
    ['a start-up', failure('the database system is starting up', { code: '57P03' })],
    ['a refused connection', failure('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' })],
    [
      'two addresses, both refused',
      new AggregateError([failure('x', { code: 'ECONNREFUSED' }), failure('x', { code: 'EHOSTUNREACH' })]),
    ],
    ['a reset', failure('read ECONNRESET', { code: 'ECONNRESET', syscall: 'read' })],
    ['a cut connection', failure('Connection terminated unexpectedly')],
    ['a statement on a broken connection', failure('Client has encountered a connection error and is not queryable')],
  ])('returns true for %s', (_what, error) => expect(isConnectionBroken(error)).toBe(true));

  it.each([
    ['a statement timeout', failure('canceling statement', { code: '57014' })],
    ['a server that does not respond', failure('Query read timeout')],
    ['a server that did not accept the connection in time', failure('Connection terminated due to connection timeout')],
    ['an exhausted pool', failure('timeout exceeded when trying to connect')],
    ['too many connections', failure('sorry', { code: '53300' })],
    [
      'an idle transaction that timed out',
      failure('terminating connection due to idle-in-transaction timeout', { code: '25P03' }),
    ],
    ['a deadlock', failure('deadlock detected', { code: '40P01' })],
    ['a constraint violation', failure('duplicate key', { code: '23505' })],
    ['a closed socket of another service', failure('EPIPE', { code: 'EPIPE', syscall: 'shutdown' })],
    ['nothing', undefined],
  ])('returns false for %s', (_what, error) => expect(isConnectionBroken(error)).toBe(false));
});
