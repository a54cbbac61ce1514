import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.rest.annotation.RequiredParam;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.FifoMemoryPagingProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.HashMapResourceProvider;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * HAPI FHIR's own server and in-memory storage, R4, for tests/integration/test_hapi_fhir.py. Parsing, reading, writing,
 * `_id`, `_elements` and pages are HAPI's; of ours are only the two searches that it leaves to whoever runs it.
 */
public final class PlainServer {
  private static final FhirContext R4 = FhirContext.forR4();
  private static final int PAGE = 3;
  private static final Patients PATIENTS = new Patients();

  /** Where each type that the adapter searches says whom it is about. */
  private static final Map<String, String> ABOUT =
      Map.of(
          "AllergyIntolerance", "patient",
          "CarePlan", "subject",
          "Condition", "subject",
          "Flag", "subject",
          "MedicationStatement", "subject");

  /** Patients, also by `identifier`. */
  public static final class Patients extends HashMapResourceProvider<Patient> {
    Patients() {
      super(R4, Patient.class);
    }

    @Search
    public List<IBaseResource> by(@RequiredParam(name = "identifier") TokenParam wanted) {
      return getStoredResources().stream()
          .filter(one -> one.getIdentifier().stream().anyMatch(id ->
              wanted.getSystem().equals(id.getSystem()) && wanted.getValue().equals(id.getValue())))
          .map(IBaseResource.class::cast)
          .toList();
    }
  }

  /** Resources about a patient, also by `patient` and `patient.identifier`. */
  public static final class About<T extends Resource> extends HashMapResourceProvider<T> {
    private final String path;

    About(Class<T> type) {
      super(R4, type);
      path = type.getSimpleName() + "." + ABOUT.get(type.getSimpleName());
    }

    @Search
    public List<IBaseResource> by(
        @RequiredParam(name = "patient", chainWhitelist = {"", "identifier"}) ReferenceParam wanted) {
      List<String> ids = wanted.getChain() == null
          ? List.of(wanted.getIdPart())
          : PATIENTS.by(wanted.toTokenParam(R4)).stream().map(one -> one.getIdElement().getIdPart()).toList();
      return getStoredResources().stream()
          .filter(one -> R4.newTerser().getValues(one, path, Reference.class).stream()
              .anyMatch(about -> ids.contains(about.getReferenceElement().getIdPart())))
          .map(IBaseResource.class::cast)
          .toList();
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static HashMapResourceProvider<?> storage(String name) {
    Class type = R4.getResourceDefinition(name).getImplementingClass();
    return name.equals("Patient") ? PATIENTS
        : ABOUT.containsKey(name) ? new About<>(type)
        : new HashMapResourceProvider<>(R4, type);
  }

  /** Listens on loopback; prints `port N` once it is ready. */
  public static void main(String[] arguments) throws Exception {
    R4.setParserErrorHandler(new StrictErrorHandler());
    RestfulServer fhir = new RestfulServer(R4);
    fhir.registerProviders(R4.getResourceTypes().stream().map(PlainServer::storage).toList());
    FifoMemoryPagingProvider pages = new FifoMemoryPagingProvider(100);
    pages.setDefaultPageSize(PAGE);
    pages.setMaximumPageSize(PAGE);
    fhir.setPagingProvider(pages);
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(fhir), "/fhir/*");
    server.setHandler(context);
    server.start();
    System.out.println("port " + connector.getLocalPort());
    server.join();
  }
}
