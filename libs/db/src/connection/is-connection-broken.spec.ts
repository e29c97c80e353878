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
  ])('says yes to %s', (_what, error) => expect(isConnectionBroken(error)).toBe(true));

  it.each([
    ['a statement timeout', failure('canceling statement', { code: '57014' })],
    ['a silent server', failure('Query read timeout')],
    ['a server that took no connection in time', failure('Connection terminated due to connection timeout')],
    ['a pool that has none free', failure('timeout exceeded when trying to connect')],
    ['too many connections', failure('sorry', { code: '53300' })],
    [
      'a transaction that dawdled',
      failure('terminating connection due to idle-in-transaction timeout', { code: '25P03' }),
    ],
    ['a deadlock', failure('deadlock detected', { code: '40P01' })],
    ['a violated constraint', failure('duplicate key', { code: '23505' })],
    ['a closed socket of something else', failure('EPIPE', { code: 'EPIPE', syscall: 'shutdown' })],
    ['nothing', undefined],
  ])('says no to %s', (_what, error) => expect(isConnectionBroken(error)).toBe(false));
});
