import { duration, formatProgress } from './progress-bar';

it('shows the share, the rate and the remaining time', () => {
  expect(formatProgress({ done: 14, total: 56, ratePerMinute: 239.6, etaSeconds: 11 })).toBe(
    '[######------------------] 14/56  25 %  240/min  ETA 0:11',
  );
});

it('shows neither a total nor an end when they are unknown', () => {
  expect(formatProgress({ done: 0, total: 0, ratePerMinute: 0, etaSeconds: null })).toBe(
    '[------------------------] 0/?  0 %  0/min  ETA -:--',
  );
});

it('is full at the end', () => {
  expect(formatProgress({ done: 3, total: 3, ratePerMinute: 60, etaSeconds: 0 })).toBe(
    '[########################] 3/3  100 %  60/min  ETA 0:00',
  );
});

it.each([
  [9, '0:09'],
  [750, '12:30'],
  [3_723, '1:02:03'],
])('writes %d seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text));
