import { openOrtNode } from '../../../../src/runtime/engine/ort-node/ort-node.js';
import { testEngineContract } from '../engine-contract.js';

testEngineContract('ort-node', (model, options) => openOrtNode(model, { ...options, threads: 1 }));
