// The served schema against the recommended and the Relay preset of graphql-eslint.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import graphql from '@graphql-eslint/eslint-plugin';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: path.join(root, 'schema/schema.graphql') } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Short lists that are never paged (files of a revision, inputs of a leaf) are lists of their own type.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // A payload is not an object that lives on.
      '@graphql-eslint/strict-id-in-types': ['error', { exceptions: { suffixes: ['Payload'] } }],
    },
  },
];
