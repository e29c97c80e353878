import { moonAge } from './info-bar';
import { seededRandom } from './random';
import { exifTime } from './render-scene';
import { DEPLOYMENTS, planScenes } from './scenes';

it('plans the same scenes every time', () => {
  for (const deployment of DEPLOYMENTS) expect(planScenes(deployment)).toEqual(planScenes(deployment));
});

it('plans blanks, night scenes and several weeks, ordered by time', () => {
  const scenes = DEPLOYMENTS.flatMap(planScenes);
  expect(scenes.length).toBeGreaterThanOrEqual(40);
  expect(scenes.filter(({ figures }) => figures.length === 0).length).toBeGreaterThan(10);
  expect(scenes.filter(({ night }) => night).length).toBeGreaterThan(5);
  for (const deployment of DEPLOYMENTS) {
    const times = planScenes(deployment).map(({ takenAt }) => takenAt.getTime());
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(10 * 86_400_000);
  }
});

it('draws the same numbers from the same seed', () => {
  const draw = (seed: number): number[] => Array.from({ length: 3 }, seededRandom(seed));
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});

it('computes the age of the moon', () => {
  // Full moon of 2025-10-07 03:48 UTC, new moon of 2025-09-21 19:54 UTC.
  expect(moonAge(new Date('2025-10-07T03:48:00Z'))).toBeCloseTo(0.5, 1);
  expect((moonAge(new Date('2025-09-21T19:54:00Z')) + 0.5) % 1).toBeCloseTo(0.5, 1);
});

it('formats a time as EXIF does', () => expect(exifTime(new Date('2025-09-14T07:03:00Z'))).toBe('2025:09:14 07:03:00'));
