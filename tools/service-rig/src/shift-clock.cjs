// Loaded before a service (`node --require`): shifts its clock by RIG_CLOCK_OFFSET_MS, like that of a machine without
// NTP.
const offset = Number(process.env.RIG_CLOCK_OFFSET_MS);
const TrueDate = Date;

globalThis.Date = class Date extends TrueDate {
  constructor(...args) {
    super(...(args.length === 0 ? [TrueDate.now() + offset] : args));
  }

  static now() {
    return TrueDate.now() + offset;
  }
};
