namespace LoraHub.Evaluation;

/// <summary>Python's <c>random.Random(seed)</c>: MT19937 (Matsumoto and Nishimura, 1998), and the shuffle that CPython builds on it.</summary>
sealed class PythonRandom
{
    const int Size = 624, Middle = 397;

    readonly uint[] _state = new uint[Size];
    int _next = Size;

    public PythonRandom(ulong seed)
    {
        // CPython seeds by an array: the number's 32-bit digits, the lowest first, without leading zeros.
        uint[] key = seed >> 32 == 0 ? [(uint)seed] : [(uint)seed, (uint)(seed >> 32)];
        SeedBy(19650218);
        SeedBy(key);
    }

    /// <summary><c>random.getrandbits</c>.</summary>
    /// <param name="bits">1 to 32.</param>
    public uint NextBits(int bits) => NextWord() >> (32 - bits);

    /// <summary><c>random.shuffle</c>, in place.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i >= 1; i--)
        {
            var j = NextBelow((uint)i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Rejects and redraws numbers that are too large, as CPython's <c>_randbelow</c> does.</summary>
    int NextBelow(uint bound)
    {
        var bits = 32 - int.CreateChecked(uint.LeadingZeroCount(bound));
        var drawn = NextBits(bits);
        while (drawn >= bound)
        {
            drawn = NextBits(bits);
        }

        return (int)drawn;
    }

    /// <summary><c>init_genrand</c> of the authors' program.</summary>
    void SeedBy(uint number)
    {
        _state[0] = number;
        for (var i = 1; i < Size; i++)
        {
            _state[i] = unchecked((1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i);
        }
    }

    /// <summary><c>init_by_array</c> of the authors' program.</summary>
    void SeedBy(uint[] key)
    {
        var i = 1;
        for (var k = 0; k < Math.Max(Size, key.Length); k++)
        {
            var j = k % key.Length;
            _state[i] = unchecked((_state[i] ^ ((_state[i - 1] ^ (_state[i - 1] >> 30)) * 1664525)) + key[j] + (uint)j);
            i = After(i);
        }

        for (var k = 0; k < Size - 1; k++)
        {
            _state[i] = unchecked((_state[i] ^ ((_state[i - 1] ^ (_state[i - 1] >> 30)) * 1566083941)) - (uint)i);
            i = After(i);
        }

        _state[0] = 0x80000000;
    }

    int After(int i)
    {
        if (i < Size - 1)
        {
            return i + 1;
        }

        _state[0] = _state[Size - 1];
        return 1;
    }

    uint NextWord()
    {
        if (_next == Size)
        {
            Twist();
        }

        var word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c5680;
        word ^= (word << 15) & 0xefc60000;
        return word ^ (word >> 18);
    }

    void Twist()
    {
        for (var i = 0; i < Size; i++)
        {
            var both = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Middle) % Size] ^ (both >> 1) ^ ((both & 1) == 0 ? 0 : 0x9908b0df);
        }

        _next = 0;
    }
}
