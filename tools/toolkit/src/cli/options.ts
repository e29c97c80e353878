import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../command-error';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: false }>
>['values'];

/**
 * Parses options with node:util's parseArgs; throws its errors as one clear line. Positional arguments are not allowed.
 */
export function parseOptions<T extends Options>(
  command: string,
  usage: string,
  args: readonly string[],
  options: T,
): Values<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Always an Error. Its message continues with advice about positional arguments, which does not apply.
    const reason = (error as Error).message.split(/\. To specify|\. This command/)[0]?.split('\n')[0] ?? '';
    throw new UsageError(`${command}: ${reason.replace(/\.$/, '')}; usage: ${usage}`);
  }
}

/** Parses a TCP port; undefined when it was not given. */
export function portOption(command: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError(`${command}: --port takes a number from 1 to 65535, not '${text}'`);
  return port;
}

/** Parses a whole number; undefined when it was not given. */
export function integerOption(
  command: string,
  name: string,
  text: string | undefined,
  min: number,
  max = 999_999_999,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max)
    throw new UsageError(`${command}: --${name} takes a whole number from ${min}, not '${text}'`);
  return value;
}
