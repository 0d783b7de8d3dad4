#!/usr/bin/env node
import { main } from './main.js';

process.exitCode = await main(['export-onnx', ...process.argv.slice(2)]);
