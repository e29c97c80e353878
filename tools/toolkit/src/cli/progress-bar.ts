export interface Progress {
  readonly done: number;
  /** 0 as long as it is unknown. */
  readonly total: number;
  readonly ratePerMinute: number;
  readonly etaSeconds: number | null;
}

const BAR = 24;

/** `[######------------------] 14/56  25 %  240/min  ETA 0:11` */
export function formatProgress({ done, total, ratePerMinute, etaSeconds }: Progress): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.floor(share * BAR);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR - filled);
  const eta = etaSeconds === null ? '-:--' : duration(etaSeconds);
  const counts = `${done}/${total === 0 ? '?' : total}`;
  return `[${bar}] ${counts}  ${Math.floor(share * 100)} %  ${Math.round(ratePerMinute)}/min  ETA ${eta}`;
}

/** `0:09`, `12:30`, `1:02:03` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
