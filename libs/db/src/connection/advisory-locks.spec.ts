import { ADVISORY_LOCKS } from './advisory-locks';

it('has a number of its own for each purpose', () => {
  const numbers = Object.values(ADVISORY_LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});
