import { type CommandContext, CommandError } from '@pugmark/toolkit';
import { installTensorflow } from './install-tensorflow';

/** Engines that do not need the native library. */
const ENGINES_WITHOUT_LIBRARY = ['wasm', 'null'];

/**
 * Installs the native engine unless another one is chosen. If that is impossible, logs the reason; throws if the native
 * engine was chosen explicitly.
 */
export async function ensureNativeEngine({
  root,
  log,
  environment,
  signal,
}: Pick<CommandContext, 'root' | 'log' | 'environment' | 'signal'>): Promise<void> {
  const requested = environment['ML_ENGINE'] || 'auto';
  // The user manages a folder of their own.
  if (ENGINES_WITHOUT_LIBRARY.includes(requested) || environment['TENSORFLOW_DIR']) return;
  const state = await installTensorflow({ root, log, environment, signal });
  if (state.installed) return;
  if (requested === 'tensorflow')
    throw new CommandError(`ML_ENGINE=tensorflow, but there is no native TensorFlow: ${state.problem}`);
  log(`no native TensorFlow, so the slower WebAssembly engine does the work: ${state.problem}`);
}
