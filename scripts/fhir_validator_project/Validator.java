import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * HAPI FHIR's own validator of R4, with what HL7 publishes of it, for tests/integration/audit/test_fhir_validation.py: one
 * resource a line in, what it found of it a line out. It asks nobody: code systems that it does not hold are warnings.
 */
public final class Validator {
  /** Validates standard input until it ends. */
  public static void main(String[] arguments) throws Exception {
    FhirContext r4 = FhirContext.forR4();
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(r4);
    ValidationSupportChain known = new ValidationSupportChain(
        new DefaultProfileValidationSupport(r4),
        new CommonCodeSystemsTerminologyService(r4),
        new InMemoryTerminologyServerValidationSupport(r4),
        unknown);
    FhirInstanceValidator instances = new FhirInstanceValidator(known);
    instances.setErrorForUnknownProfiles(false);
    FhirValidator validator = r4.newValidator().registerValidatorModule(instances);
    ObjectMapper json = new ObjectMapper();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<Map<String, String>> found = validator.validateWithResult(line).getMessages().stream()
          .map(Validator::told)
          .toList();
      System.out.println(json.writeValueAsString(found));
    }
  }

  private static Map<String, String> told(SingleValidationMessage one) {
    return Map.of(
        "severity", one.getSeverity().getCode(),
        "where", String.valueOf(one.getLocationString()),
        "what", String.valueOf(one.getMessage()));
  }
}
