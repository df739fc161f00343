using Xunit.Sdk;
using Xunit.v3;

// A tensor operation uses every core: concurrent tests would only wait for each other, and memory could not be measured.
[assembly: Parallelization(Mode = ParallelMode.None)]
