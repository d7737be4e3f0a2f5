// The served schema against the recommended and the Relay preset of graphql-eslint.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import graphql from '@graphql-eslint/eslint-plugin';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Types that are values: equal when their members are, and never asked for alone. */
const VALUES = [
  'AllocationPlan',
  'AppraiserLoad',
  'AppraisalRules',
  'AssignedPerson',
  'AssignmentLine',
  'AssignmentMatrix',
  'Breakdown',
  'Calendar',
  'CheckCount',
  'CheckFinding',
  'CheckReport',
  'ClaimItem',
  'ClassLowered',
  'Correction',
  'CriterionAgreement',
  'DayCount',
  'Deadline',
  'DeadlineExtension',
  'DeclaringForecast',
  'DossierResult',
  'Exclusion',
  'Explanation',
  'ExplanationGiven',
  'File',
  'FileReuse',
  'FiledItem',
  'Finding',
  'Forecast',
  'FrameworkClass',
  'FrameworkNode',
  'FrameworkSection',
  'InputValue',
  'ItemProblem',
  'ItemResult',
  'JobProblem',
  'Lack',
  'LedgerPoints',
  'ListedDocument',
  'NodePoints',
  'OfficialHeader',
  'OtherDocument',
  'PageInfo',
  'PlanInForce',
  'PreviousInput',
  'Progress',
  'Proposal',
  'QueueCount',
  'RebasedLeaf',
  'Receipt',
  'Reminder',
  'ReviewShare',
  'RoundPace',
  'RowProblem',
  'RowReport',
  'SecondRound',
  'SectionPoints',
  'StateCount',
  'Supplement',
  'Text',
  'ThreadEntry',
  'Tie',
  'TieBreak',
  'TieValue',
  'Totals',
  'UnallocatedShare',
  'UnrankedUnit',
  'UnverifiedLeaf',
  'UploadedFile',
  'Verdict',
  'Veto',
  'ViewerCan',
  'Waiver',
];

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
      // What lives on has an id. Payloads, pages and values (a text, an amount, a finding) do not: they are part of
      // the object that shows them.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            suffixes: ['Payload', 'Connection', 'Edge'],
            types: VALUES,
          },
        },
      ],
    },
  },
];
