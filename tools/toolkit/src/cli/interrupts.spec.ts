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

it('aborts at the first wish', () => {
  const { interrupts, calls } = given();
  interrupts.hear();
  expect(interrupts.signal.aborted).toBe(true);
  expect(calls).toEqual(['first']);
});

it('takes the signal that npm passes on for the same wish', () => {
  const { interrupts, calls, pass } = given();
  interrupts.hear();
  pass(20);
  interrupts.hear();
  expect(calls).toEqual(['first']);
});

it('kills at the second wish what has not taken itself back', () => {
  const { interrupts, calls, pass } = given();
  interrupts.onForcedEnd(() => calls.push('taken back'))();
  interrupts.hear();
  pass(1_000);
  interrupts.hear();
  expect(calls).toEqual(['first', 'kill', 'second']);
});
