import { PublishRate } from './publish-rate';

describe('PublishRate', () => {
  let now = 0;
  const createRate = (maxReady: number): PublishRate => new PublishRate(maxReady, () => now);

  /**
   * Simulates one check of a queue of which `consumed` messages were taken since the last check. Returns the ready
   * count afterwards.
   */
  function checkAfterConsuming(of: PublishRate, ready: number, consumed: number): number {
    now += 50;
    const left = Math.max(0, ready - consumed);
    const capacity = of.freeCapacity(left);
    of.recordPublished(capacity, capacity);
    return left + capacity;
  }

  it('publishes more at a time while workers empty the queue, up to the depth of the route', () => {
    const fast = createRate(1_000);
    let ready = 0;
    const seen: number[] = [];
    for (let n = 0; n < 8; n += 1) seen.push((ready = checkAfterConsuming(fast, ready, Infinity)));
    expect(seen).toEqual([16, 32, 64, 128, 256, 512, 1_000, 1_000]);
  });

  it('keeps few notifications ready for slow workers, so that urgent tasks are served soon', () => {
    const slow = createRate(1_000);
    let ready = 0;
    for (let n = 0; n < 5; n += 1) ready = checkAfterConsuming(slow, ready, Infinity);
    expect(ready).toBe(256);
    // Then one every 50 ms: 20 a second.
    for (let n = 0; n < 400; n += 1) ready = checkAfterConsuming(slow, ready, 1);
    expect(ready).toBeLessThanOrEqual(32);
  });

  it('checks a queue that lasts seldom, and one that is emptied often', () => {
    const slow = createRate(1_000);
    let ready = checkAfterConsuming(slow, 0, 0);
    ready = checkAfterConsuming(slow, ready, 1);
    // A half full queue is not topped up one by one.
    expect(ready).toBe(15);
    expect(slow.nextCheckMs()).toBe(200);
    for (let n = 0; n < 2; n += 1) ready = checkAfterConsuming(slow, ready, 6);
    expect(ready).toBe(16);
    // Six consumed in 50 ms: half of the 16 ready, eight, last 67 ms.
    expect(slow.nextCheckMs()).toBeCloseTo(66.7, 0);
    checkAfterConsuming(slow, ready, Infinity);
    expect(slow.nextCheckMs()).toBe(50);
  });

  it('does not assume zero consumption from a check right after a publish', () => {
    const fast = createRate(1_000);
    fast.recordPublished(16, fast.freeCapacity(0));
    now += 2;
    expect(fast.freeCapacity(16)).toBe(0);
    expect(fast.nextCheckMs()).toBe(50);
    now += 50;
    // The queue was emptied meanwhile and more tasks are due.
    expect(fast.freeCapacity(0)).toBe(32);
  });

  it('does not speed up for a queue that one batch empties at once after a check that showed it lasting', () => {
    const slow = createRate(1_000);
    slow.recordPublished(16, slow.freeCapacity(0));
    now += 60;
    expect(slow.freeCapacity(12)).toBe(0);
    now += 60;
    expect(slow.freeCapacity(0)).toBe(16);
  });

  it('checks whether tasks are due only when nothing was published before', () => {
    const own = createRate(1_000);
    expect(own.busy).toBe(false);
    own.recordPublished(0, own.freeCapacity(0));
    expect(own.busy).toBe(false);
    own.recordPublished(5, own.freeCapacity(0));
    expect(own.busy).toBe(true);
    for (let n = 0; n < 3; n += 1) own.freeCapacity(100);
    expect(own.busy).toBe(true);
  });

  it('does not speed up for a queue that is empty because no tasks were due', () => {
    const idle = createRate(1_000);
    for (let n = 0; n < 10; n += 1) idle.recordPublished(3, idle.freeCapacity(0));
    expect(idle.freeCapacity(0)).toBe(16);
  });
});
