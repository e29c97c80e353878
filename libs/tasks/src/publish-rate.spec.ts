import { PublishRate } from './publish-rate';

describe('RingPace', () => {
  let now = 0;
  const pace = (most: number): PublishRate => new PublishRate(most, () => now);

  /** One look at a queue from which `consumed` were taken since the last one; answers what lies there afterwards. */
  function turn(of: PublishRate, ready: number, consumed: number): number {
    now += 50;
    const left = Math.max(0, ready - consumed);
    const room = of.freeCapacity(left);
    of.recordPublished(room, room);
    return left + room;
  }

  it('rings ever more while the workers empty the queue, up to the depth of the route', () => {
    const fast = pace(1_000);
    let ready = 0;
    const seen: number[] = [];
    for (let n = 0; n < 8; n += 1) seen.push((ready = turn(fast, ready, Infinity)));
    expect(seen).toEqual([16, 32, 64, 128, 256, 512, 1_000, 1_000]);
  });

  it('keeps few rings ready for slow workers, so that something urgent soon has its turn', () => {
    const slow = pace(1_000);
    let ready = 0;
    for (let n = 0; n < 5; n += 1) ready = turn(slow, ready, Infinity);
    expect(ready).toBe(256);
    // From now on one every fifty milliseconds: 20 a second.
    for (let n = 0; n < 400; n += 1) ready = turn(slow, ready, 1);
    expect(ready).toBeLessThanOrEqual(32);
  });

  it('looks seldom at a queue that lasts, often at one that is emptied', () => {
    const slow = pace(1_000);
    let ready = turn(slow, 0, 0);
    ready = turn(slow, ready, 1);
    // Half a queue is not filled up one by one.
    expect(ready).toBe(15);
    expect(slow.nextCheckMs()).toBe(200);
    for (let n = 0; n < 2; n += 1) ready = turn(slow, ready, 6);
    expect(ready).toBe(16);
    // Six in fifty milliseconds: eight, half of it, last 67.
    expect(slow.nextCheckMs()).toBeCloseTo(66.7, 0);
    turn(slow, ready, Infinity);
    expect(slow.nextCheckMs()).toBe(50);
  });

  it('is not told by a look right after a ring that nothing is consumed', () => {
    const fast = pace(1_000);
    fast.recordPublished(16, fast.freeCapacity(0));
    now += 2;
    expect(fast.freeCapacity(16)).toBe(0);
    expect(fast.nextCheckMs()).toBe(50);
    now += 50;
    // Emptied meanwhile, and there was more to ring.
    expect(fast.freeCapacity(0)).toBe(32);
  });

  it('does not speed up for a queue that a batch empties at once, when the look before saw that it lasts', () => {
    const slow = pace(1_000);
    slow.recordPublished(16, slow.freeCapacity(0));
    now += 60;
    expect(slow.freeCapacity(12)).toBe(0);
    now += 60;
    expect(slow.freeCapacity(0)).toBe(16);
  });

  it('asks whether anything is due only when there was nothing to ring', () => {
    const own = pace(1_000);
    expect(own.busy).toBe(false);
    own.recordPublished(0, own.freeCapacity(0));
    expect(own.busy).toBe(false);
    own.recordPublished(5, own.freeCapacity(0));
    expect(own.busy).toBe(true);
    for (let n = 0; n < 3; n += 1) own.freeCapacity(100);
    expect(own.busy).toBe(true);
  });

  it('does not speed up for a queue that is empty because there was nothing to ring', () => {
    const idle = pace(1_000);
    for (let n = 0; n < 10; n += 1) idle.recordPublished(3, idle.freeCapacity(0));
    expect(idle.freeCapacity(0)).toBe(16);
  });
});
