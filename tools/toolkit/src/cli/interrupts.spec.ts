import { Interrupts } from './interrupts';

function given() {
  let now = 0;
  const calls: string[] = [];
  const interrupts = new Interrupts(
    () => calls.push('first'),
    () => calls.push('second'),
    () => now,
  );
  interrupts.onForcedEnd(() => calls.push('kill'));
  return { interrupts, calls, pass: (ms: number) => (now += ms) };
}

it('aborts at the first signal', () => {
  const { interrupts, calls } = given();
  interrupts.handleSignal();
  expect(interrupts.signal.aborted).toBe(true);
  expect(calls).toEqual(['first']);
});

it('ignores the same signal when npm passes it on', () => {
  const { interrupts, calls, pass } = given();
  interrupts.handleSignal();
  pass(20);
  interrupts.handleSignal();
  expect(calls).toEqual(['first']);
});

it('calls the forced-end handlers that are still registered at the second signal', () => {
  const { interrupts, calls, pass } = given();
  interrupts.onForcedEnd(() => calls.push('removed'))();
  interrupts.handleSignal();
  pass(1_000);
  interrupts.handleSignal();
  expect(calls).toEqual(['first', 'kill', 'second']);
});
