import type { Engine } from './engine';
import { NullEngine } from './null-engine';
import { WasmEngine } from './wasm-engine';

/** `auto` takes the best engine there is; a name takes that one. */
export type EngineChoice = 'auto' | 'wasm' | 'null';

/** An engine that has loaded nothing yet; cheap. */
export function createEngine(choice: EngineChoice): Engine {
  switch (choice) {
    case 'null':
      return new NullEngine();
    case 'wasm':
      return new WasmEngine('the wasm engine was asked for by name');
    case 'auto':
      return new WasmEngine('auto: there is no native engine in this version, so WebAssembly on the processor it is, which runs everywhere');
  }
}
