/** Units finished per minute, from how many finished within the last `seconds`. */
export function ratePerMinute(finished: number, seconds: number): number {
  return seconds > 0 ? (finished * 60) / seconds : 0;
}

/** Seconds until `remaining` units are finished; 0 when none remain, null when the rate is 0. */
export function etaSeconds(remaining: number, perMinute: number): number | null {
  if (remaining === 0) return 0;
  return perMinute > 0 ? Math.ceil((remaining * 60) / perMinute) : null;
}
