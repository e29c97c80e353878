import { type CommandContext, CommandError } from '@pugmark/toolkit';
import { installTensorflow } from './install-tensorflow';

/** Engines that do without the native library. */
const WITHOUT = ['wasm', 'null'];

/**
 * Sees to it that the native engine is there, unless another is wanted by name. Where it cannot be had, says so and why; throws when it
 * was asked for by name.
 */
export async function ensureNativeEngine({
  root,
  log,
  environment,
  signal,
}: Pick<CommandContext, 'root' | 'log' | 'environment' | 'signal'>): Promise<void> {
  const wanted = environment['ML_ENGINE'] || 'auto';
  // A folder of the user's own is the user's own affair.
  if (WITHOUT.includes(wanted) || environment['TENSORFLOW_DIR']) return;
  const state = await installTensorflow({ root, log, environment, signal });
  if (state.installed) return;
  if (wanted === 'tensorflow')
    throw new CommandError(`ML_ENGINE=tensorflow, but there is no native TensorFlow: ${state.problem}`);
  log(`no native TensorFlow, so the slower WebAssembly engine does the work: ${state.problem}`);
}
