import assert from 'node:assert/strict';
import test from 'node:test';
import { model, replicate } from './client.mjs';

test('a file is created, found, listed, and deleted', async () => {
  const created = await replicate.files.create(new File(['teach [ cat ]\n'], 'exämple.txt', { type: 'text/plain' }), { of: 'a test' });

  assert.equal(created.name, 'exämple.txt');
  assert.equal(created.content_type, 'text/plain');
  assert.equal(created.size, 14);
  assert.deepEqual(created.metadata, { of: 'a test' });
  assert.deepEqual(await replicate.files.get(created.id), created);
  assert.ok((await replicate.files.list()).results.some((file) => file.id === created.id));

  assert.equal(await replicate.files.delete(created.id), true);
  await assert.rejects(replicate.files.get(created.id), (error) => error.response.status === 404);
});

test('a Blob as an input is uploaded and read', async () => {
  const output = await replicate.run(model, {
    input: {
      example_inputs: new Blob(['teach [ cat ]\nteach [ dog ]'], { type: 'text/plain' }),
      example_outputs: Buffer.from('cats\ndogs'),
      test_inputs: new Blob(['teach [ owl ]\nteach [ fox ]'], { type: 'text/plain' }),
    },
  });

  assert.deepEqual(output.predictions, ['teach [ owl ]', 'teach [ fox ]']);
});

// The client's data-uri strategy sends itself, its token included, in the place of the input (seen in 1.4.0).
test('what the client sends by mistake is neither kept nor echoed', async () => {
  const inline = new replicate.constructor({ auth: replicate.auth, baseUrl: replicate.baseUrl, fileEncodingStrategy: 'data-uri' });

  const created = await inline.predictions.create({ model, input: { test_inputs: 'teach [ owl ]' }, wait: true });

  assert.ok(!JSON.stringify(created).includes(replicate.auth));
  assert.deepEqual(created.input, {});
});
