using Xunit.Sdk;
using Xunit.v3;

// A tensor operation uses every core: tests beside each other would only wait for one another, and memory could not be measured.
[assembly: Parallelization(Mode = ParallelMode.None)]
